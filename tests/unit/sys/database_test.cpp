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

TEST_CASE("tables are made once for a file, and again when their script says something else") {
  const test::TemporaryFolder folder;
  const auto open = [&] { return sys::Database::open(folder.path + "/state.db").value(); };
  const std::string script = "CREATE TABLE IF NOT EXISTS t (x);";
  REQUIRE(open()->create_tables(script));
  {
    const auto database = open();
    REQUIRE(database->run_script("DROP TABLE t"));
    REQUIRE(database->create_tables(script));
    CHECK_FALSE(database->run("SELECT x FROM t"));  // It was not run a second time.
    REQUIRE(database->create_tables(script + "CREATE TABLE IF NOT EXISTS u (y);"));
    CHECK(database->run("SELECT x, y FROM t, u"));
  }
  const auto database = open();
  REQUIRE_FALSE(database->create_tables("CREATE TABLE v (z); CREATE TABLE v (z);"));
  CHECK_FALSE(database->run("SELECT z FROM v"));  // A script that fails leaves nothing.
  CHECK(database->create_tables("CREATE TABLE v (z);"));
}

TEST_CASE("many make the same tables at the same time") {
  const test::TemporaryFolder folder;
  std::atomic<int> made{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const auto database = sys::Database::open(folder.path + "/state.db");
        if (database && (*database)->create_tables("CREATE TABLE IF NOT EXISTS t (x)")) ++made;
      });
    }
  }
  CHECK(made == 8);
}
