// SPDX-License-Identifier: Apache-2.0
#include "base/duration.h"

#include <catch2/catch.hpp>

using base::parse_duration;
using base::to_text;

TEST_CASE("durations are read in every unit and printed in canonical form") {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "0s"},        {"90s", "1m30s"},    {"1h5m30s20ms", "1h5m30.02s"},
      {"1d", "24h0m0s"},  {"1w", "168h0m0s"},  {"1.5s", "1.5s"},
      {"500ms", "500ms"}, {"10us", "10µs"},    {"2m", "2m0s"},
      {"-5s", "-5s"},     {"1500us", "1.5ms"},
  };
  for (const auto& [input, expected] : cases) {
    CAPTURE(input);
    const auto parsed = parse_duration(input);
    REQUIRE(parsed);
    CHECK(to_text(*parsed) == expected);
  }
}

TEST_CASE("a malformed duration is refused") {
  for (const char* input : {"", "5", "s", "1x", "1h 2m", "--1s", "9999999999h", "1..5s"}) {
    CAPTURE(input);
    const auto parsed = parse_duration(input);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().error_class == base::ErrorClass::Invalid);
  }
}
