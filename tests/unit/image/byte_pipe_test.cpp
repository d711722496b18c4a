// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/byte_pipe.h"

#include <string>
#include <thread>

#include <catch2/catch.hpp>

using runtime::image::BytePipe;
using runtime::image::PipeReader;

namespace {

/// Bytes that differ from their neighbours.
std::string make_text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i * 7 % 26);
  return text;
}

base::Result<std::string> read_all(BytePipe& pipe, std::size_t k) {
  PipeReader reader(pipe, k);
  std::string out;
  while (true) {
    const std::string_view data = TRY(reader.next());
    if (data.empty()) return out;
    out += data;
  }
}

}  // namespace

TEST_CASE("every consumer of a pipe sees every byte, whatever the pieces") {
  const std::string text = make_text(10'000);
  for (const std::size_t slots : {1, 2, 3, 4, 8}) {
    for (const std::size_t piece : {1, 16, 40, 9'999}) {
      BytePipe pipe(2, slots, 16);
      std::string first, second;
      {
        const std::jthread one([&] { first = read_all(pipe, 0).value(); });
        const std::jthread two([&] { second = read_all(pipe, 1).value(); });
        for (std::size_t at = 0; at < text.size(); at += piece) {
          REQUIRE(pipe.write(std::string_view(text).substr(at, piece)));
        }
        pipe.finish();
      }
      CHECK(first == text);
      CHECK(second == text);
    }
  }
}

TEST_CASE("less than a waiting reader is woken for comes at the end, and with the reason of a failure") {
  BytePipe pipe(1, 8, 16);
  base::Result<std::string> seen;
  {
    const std::jthread reading([&] { seen = read_all(pipe, 0); });
    REQUIRE(pipe.reserve());
    pipe.publish(5);
    pipe.finish(base::fail(base::ErrorClass::Unavailable, "the line is down"));
  }
  REQUIRE_FALSE(seen);
  CHECK(seen.error().message == "the line is down");

  BytePipe short_pipe(1, 8, 16);
  {
    const std::jthread reading([&] { seen = read_all(short_pipe, 0); });
    REQUIRE(short_pipe.write("few"));
    short_pipe.finish();
  }
  CHECK(seen.value() == "few");
}

TEST_CASE("a writer ends when one of its readers has stopped") {
  BytePipe pipe(2, 4, 16);
  base::Result<> written;
  base::Result<std::string> seen;
  {
    const std::jthread writing([&] {
      while (written) written = pipe.write("0123456789abcdef");
      pipe.finish(written);
    });
    const std::jthread other([&] { seen = read_all(pipe, 1); });
    PipeReader reader(pipe, 0);
    REQUIRE(reader.next());
  }
  CHECK(written.error().error_class == base::ErrorClass::Cancelled);
  CHECK_FALSE(seen);
}
