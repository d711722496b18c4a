// SPDX-License-Identifier: Apache-2.0
#include "base/byte_size.h"

#include <catch2/catch.hpp>

TEST_CASE("byte sizes use 1024-based units in any spelling") {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"0", 0},
      {"512", 512},
      {"1k", 1024},
      {"1KB", 1024},
      {"64m", 64 << 20},
      {"64MiB", 64 << 20},
      {"1.5g", 3LL << 29},
      {"-1", -1},
      {"2 gb", 2LL << 30},
      {"7b", 7},
  };
  for (const auto& [input, expected] : cases) {
    CAPTURE(input);
    const auto parsed = base::parse_byte_size(input);
    REQUIRE(parsed);
    CHECK(parsed->bytes == expected);
  }
  for (const char* input : {"", "m", "1x", "1mm", "1e400", "99999999p"}) {
    CAPTURE(input);
    CHECK_FALSE(base::parse_byte_size(input));
  }
}
