// SPDX-License-Identifier: Apache-2.0
#include "load_fixture.h"

using compose::load::MemoryFileSource;

namespace {

const std::string kService = "services: {a: {image: i}}\n";

compose::load::Settings settings_of(const LoadFixture& fixture) {
  auto settings = discover_settings(fixture.options, MemoryFileSource(fixture.files));
  if (!settings) FAIL(base::to_text(settings.error()));
  return *std::move(settings);
}

}  // namespace

TEST_CASE("the file is looked for upwards, with its override beside it") {
  LoadFixture fixture({{"/src/work/docker-compose.yml", kService},
                       {"/src/work/compose.override.yaml", kService},
                       {"/src/work/deep/down/x", ""},
                       {"/compose.yaml", kService}});
  fixture.options.working_directory = "/src/work/deep/down";
  const auto settings = settings_of(fixture);
  CHECK(settings.files ==
        std::vector<std::string>{"/src/work/docker-compose.yml", "/src/work/compose.override.yaml"});
  CHECK(settings.project_directory == "/src/work");
}

TEST_CASE("of several names the newest is taken, with a warning") {
  const LoadFixture fixture({{"/src/work/docker-compose.yml", kService}, {"/src/work/compose.yaml", kService}});
  const auto settings = settings_of(fixture);
  CHECK(settings.files == std::vector<std::string>{"/src/work/compose.yaml"});
  REQUIRE(settings.warnings.size() == 1);
  CHECK(settings.warnings[0].message ==
        "several Compose files in /src/work: compose.yaml, docker-compose.yml; using compose.yaml");
}

TEST_CASE("COMPOSE_FILE names files, from the environment or from .env") {
  LoadFixture fixture({{"/src/work/a.yaml", kService},
                       {"/src/work/b/c.yaml", kService},
                       {"/src/work/.env", "COMPOSE_FILE=a.yaml:b/c.yaml\n"}});
  CHECK(settings_of(fixture).files == std::vector<std::string>{"/src/work/a.yaml", "/src/work/b/c.yaml"});
  fixture.options.environment = {{"COMPOSE_FILE", "b/c.yaml,a.yaml"}, {"COMPOSE_PATH_SEPARATOR", ","}};
  const auto settings = settings_of(fixture);
  CHECK(settings.files == std::vector<std::string>{"/src/work/b/c.yaml", "/src/work/a.yaml"});
  CHECK(settings.project_directory == "/src/work/b");
}

TEST_CASE("the project's name: flag, variable, file, folder") {
  LoadFixture fixture("name: From File!\n" + kService);
  CHECK(fixture.loaded().project.name == "fromfile");
  fixture.options.environment["COMPOSE_PROJECT_NAME"] = "from_variable";
  CHECK(fixture.loaded().project.name == "from_variable");
  fixture.options.project_name = "from-flag";
  CHECK(fixture.loaded().project.name == "from-flag");
  CHECK(LoadFixture(kService).loaded().project.name == "work");
  CHECK(compose::load::normalize_project_name("_-My App.1") == "myapp1");
}

TEST_CASE("variables: the process, then --env-file with the last on top, then nothing of .env") {
  LoadFixture fixture({{"/src/work/compose.yaml", "services: {a: {image: \"$A-$B-$C\"}}\n"},
                       {"/src/work/.env", "A=dot\nB=dot\nC=dot\n"},
                       {"/src/work/one.env", "A=one\nB=one\n"},
                       {"/src/work/two.env", "B=two\nC=$A\n"}});
  fixture.options.environment["A"] = "os";
  CHECK(fixture.loaded().project.services.at("a").image == "os-dot-dot");
  fixture.options.env_files = {"one.env", "two.env"};
  const auto loaded = fixture.loaded();
  CHECK(loaded.project.services.at("a").image == "os-two-os");
  CHECK(loaded.project.env_files == std::vector<std::string>{"/src/work/one.env", "/src/work/two.env"});
  fixture.options.env_files.clear();
  fixture.options.environment["COMPOSE_DISABLE_ENV_FILE"] = "true";
  CHECK(fixture.loaded().project.services.at("a").image == "os--");
}

TEST_CASE("profiles: flags, else COMPOSE_PROFILES; naming a service enables it") {
  LoadFixture fixture(
      "services:\n  a: {image: i}\n  b: {image: i, profiles: [x], depends_on: [c]}\n"
      "  c: {image: i, profiles: [x]}\n  d: {image: i, profiles: [y]}\n");
  const auto names = [&] {
    std::string out;
    const auto loaded = fixture.loaded();
    for (const auto& [name, service] : loaded.project.services) out += name;
    return out;
  };
  CHECK(names() == "a");
  CHECK(fixture.loaded().project.disabled_services == std::vector<std::string>{"b", "c", "d"});
  CHECK(fixture.loaded().project.profiles == std::vector<std::string>{"x", "y"});
  fixture.options.environment["COMPOSE_PROFILES"] = "x,z";
  CHECK(names() == "abc");
  fixture.options.profiles = {"*"};
  CHECK(names() == "abcd");
  fixture.options.environment.clear();
  fixture.options.profiles.clear();
  fixture.options.services = {"b"};
  CHECK(names() == "bc");
  fixture.options.no_dependencies = true;
  CHECK(names() == "b");
  // Not selected is not gone: their containers are no orphans.
  CHECK(fixture.loaded().project.disabled_services == std::vector<std::string>{"a", "c", "d"});
}

TEST_CASE("only what services use is kept, unless all is asked for") {
  LoadFixture fixture("services: {a: {image: i, volumes: ['used:/x']}}\nvolumes: {used: , spare: }\n");
  CHECK(fixture.loaded().project.volumes.size() == 1);
  fixture.options.all_resources = true;
  CHECK(fixture.loaded().project.volumes.size() == 2);
}
