// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/build/builder.h"

using runtime::build::bytes_to_keep;
using runtime::build::CachePruneOptions;

TEST_CASE("what a prune of the build cache leaves follows from the sizes asked for") {
  const auto keep = [](std::optional<std::int64_t> most, std::optional<std::int64_t> free,
                       std::optional<std::int64_t> reserved) {
    CachePruneOptions options;
    options.most_bytes = most;
    options.free_bytes = free;
    options.keep_bytes = reserved;
    return bytes_to_keep(options, 100, 50);  // 100 in the cache, 50 free.
  };
  CHECK_FALSE(keep({}, {}, {}));
  CHECK(keep(30, {}, {}) == 30);
  CHECK(keep({}, {}, 20) == 20);
  CHECK(keep({}, 40, {}) == 100);
  CHECK(keep({}, 60, {}) == 90);
  CHECK(keep({}, 500, {}) == 0);
  CHECK(keep(95, 60, {}) == 90);
  CHECK(keep(30, 60, {}) == 30);
  CHECK(keep(30, 500, 20) == 20);
  CHECK(keep(10, {}, 20) == 20);
}
