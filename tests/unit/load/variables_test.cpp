// SPDX-License-Identifier: Apache-2.0
// Variables of the environment that change what is loaded.
#include "load_fixture.h"

TEST_CASE("DOCKER_DEFAULT_PLATFORM is the platform of services that name none, and nothing else") {
  LoadFixture fixture("services: {a: {image: i}, b: {image: i, platform: linux/amd64}}\n");
  const auto plain = fixture.loaded();
  fixture.options.environment = {{"DOCKER_DEFAULT_PLATFORM", "linux/arm64"}};
  const auto loaded = fixture.loaded();
  CHECK(loaded.project.services.at("a").platform == "linux/arm64");
  CHECK(loaded.project.services.at("b").platform == "linux/amd64");
  CHECK(loaded.project.services.at("a").config_hash == plain.project.services.at("a").config_hash);
  CHECK(loaded.tree.find("services")->find("a")->find("platform") == nullptr);
}

TEST_CASE("COMPOSE_CONVERT_WINDOWS_PATHS turns drives of bind mounts into folders") {
  LoadFixture fixture(
      "services:\n  a:\n    image: i\n    volumes: ['C:\\Users\\me:/a', 'd:/x:/b:ro', ./c:/c, "
      "{type: bind, source: 'E:\\y', target: /e}]\n");
  CHECK(fixture.loaded().project.services.at("a").mounts.at(0).source == "C:\\Users\\me");
  fixture.options.environment = {{"COMPOSE_CONVERT_WINDOWS_PATHS", "1"}};
  const auto loaded = fixture.loaded();
  const auto& mounts = loaded.project.services.at("a").mounts;
  CHECK(mounts.at(0).source == "/c/Users/me");
  CHECK(mounts.at(1).source == "/d/x");
  CHECK(mounts.at(2).source == "/src/work/c");
  CHECK(mounts.at(3).source == "/e/y");
}
