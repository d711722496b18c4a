// SPDX-License-Identifier: Apache-2.0
#include "compose/load/scalar.h"

#include <catch2/catch.hpp>

using namespace compose::load;

namespace {

struct Case {
  std::string_view written;
  Kind kind;
  std::string_view text;  ///< As it would stand in an environment.
};

}  // namespace

TEST_CASE("plain scalars have the types that Go's YAML reader gives them") {
  const Case cases[] = {
      {"true", Kind::Bool, "true"},
      {"False", Kind::Bool, "false"},
      {"TRUE", Kind::Bool, "true"},
      {"yes", Kind::String, "yes"},
      {"off", Kind::String, "off"},
      {"tRue", Kind::String, "tRue"},
      {"", Kind::Null, ""},
      {"~", Kind::Null, ""},
      {"NULL", Kind::Null, ""},
      {"nULL", Kind::String, "nULL"},
      {"10", Kind::Int, "10"},
      {"-5", Kind::Int, "-5"},
      {"+5", Kind::Int, "5"},
      {"017", Kind::Int, "15"},
      {"0o17", Kind::Int, "15"},
      {"0x1F", Kind::Int, "31"},
      {"0b101", Kind::Int, "5"},
      {"1_000", Kind::Int, "1000"},
      {"08", Kind::Float, "8"},
      {"1.10", Kind::Float, "1.1"},
      {"1.0", Kind::Float, "1"},
      {".5", Kind::Float, "0.5"},
      {"1e3", Kind::Float, "1000"},
      {"1e6", Kind::Float, "1e+06"},
      {"0.00001", Kind::Float, "1e-05"},
      {".inf", Kind::Float, "+Inf"},
      {"-.inf", Kind::Float, "-Inf"},
      {".nan", Kind::Float, "NaN"},
      {"12:34", Kind::String, "12:34"},
      {"1.2.3", Kind::String, "1.2.3"},
      {"0x", Kind::String, "0x"},
      {"1e", Kind::String, "1e"},
      {"-", Kind::String, "-"},
      {"2024-13-01", Kind::String, "2024-13-01"},
      {"9223372036854775807", Kind::Int, "9223372036854775807"},
      {"-9223372036854775808", Kind::Int, "-9223372036854775808"},
      {"12345678901234567890", Kind::Float, "12345678901234567890"},
      {"2024-01-02", Kind::Timestamp, "2024-01-02 00:00:00 +0000 UTC"},
      {"2024-1-2 3:4:5.6", Kind::Timestamp, "2024-01-02 03:04:05.6 +0000 UTC"},
      {"2024-01-02T03:04:05+02:00", Kind::Timestamp, "2024-01-02 03:04:05 +0200 +0200"},
      {"2024-01-02T03:04:05Z", Kind::Timestamp, "2024-01-02 03:04:05 +0000 UTC"},
  };
  for (const Case& one : cases) {
    INFO(one.written);
    const Tree node = resolve_plain_scalar(one.written, {});
    CHECK(to_text(node.kind) == to_text(one.kind));
    CHECK(scalar_text(node) == one.text);
  }
}
