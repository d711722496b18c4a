// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "cli/unused_variables.h"

TEST_CASE("variables without an effect are named, unless they are off") {
  const auto warnings = cli::warn_of_unused_variables({{"COMPOSE_BAKE", "true"},
                                                       {"COMPOSE_MENU", "0"},
                                                       {"COMPOSE_STATUS_STDOUT", "1"},
                                                       {"DOCKER_CONTEXT", "default"},
                                                       {"DOCKER_TLS_VERIFY", ""},
                                                       {"PATH", "/bin"}});
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0].message == "COMPOSE_BAKE has no effect: images are built here, without bake");
  CHECK(warnings[1].message == "COMPOSE_STATUS_STDOUT has no effect: progress goes to standard error");
  CHECK(cli::warn_of_unused_variables({{"DOCKER_CONTEXT", "remote"}}).size() == 1);
}
