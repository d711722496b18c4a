// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "support/temporary_folder.h"
#include "sys/database.h"

TEST_CASE("many open a database that is not there yet at the same time") {
  for (int round = 0; round < 10; ++round) {
    const test::TemporaryFolder folder;
    std::atomic<int> opened{0};
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
          const auto database = sys::Database::open(folder.path + "/state.db");
          if (database && (*database)->run_script("CREATE TABLE IF NOT EXISTS t (x)")) ++opened;
        });
      }
    }
    REQUIRE(opened == 8);
  }
}
