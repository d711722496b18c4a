// SPDX-License-Identifier: Apache-2.0
// Each <case>.yaml is a project; <case>.json is what `config --format json` prints for it, and the same
// data as docker compose prints (scripts/compare-config checks that).
#include <catch2/catch.hpp>

#include "compose/config.h"
#include "support/project_bundle.h"

using namespace compose;

namespace {

std::string printed(const ProjectBundle& bundle) {
  const auto loaded = bundle.load();
  if (!loaded) return base::to_text(loaded.error());
  const auto dollars = bundle.options.no_interpolate ? config::Dollars::Keep : config::Dollars::Escape;
  return config::to_json(loaded->tree, dollars);
}

}  // namespace

TEST_CASE("every project of the folder becomes the model that is written beside it") {
  const auto cases = golden_files(TEST_DATA_DIR "/golden/load", ".yaml");
  CHECK(cases.size() >= 60);
  for (auto path : cases) {
    INFO(path.filename());
    const std::string text = printed(ProjectBundle::read(path));
    path.replace_extension(".json");
    if (matches_golden(path, text)) continue;
    CHECK(text == read_golden(path));
  }
}

TEST_CASE("what config prints as YAML loads to itself again") {
  for (const auto& path : golden_files(TEST_DATA_DIR "/golden/load", ".yaml")) {
    INFO(path.filename());
    const ProjectBundle bundle = ProjectBundle::read(path);
    const auto& options = bundle.options;
    if (options.no_interpolate || options.no_path_resolution || options.no_normalize) continue;
    const auto loaded = bundle.load();
    REQUIRE(loaded);
    ProjectBundle again = ProjectBundle::parse("");
    again.options.profiles = {"*"};
    again.options.all_resources = true;
    const std::string text = config::to_yaml(loaded->tree, config::Dollars::Escape);
    again.files = bundle.files;  // env files that are still named
    again.files.erase("/src/work/compose.override.yaml");
    again.files.erase("/src/work/.env");
    again.files["/src/work/compose.yaml"] = text;
    again.options.files = {"compose.yaml"};
    again.options.no_env_resolution = bundle.options.no_env_resolution;
    again.options.no_consistency = bundle.options.no_consistency;
    const auto reloaded = again.load();
    INFO(text);
    if (!reloaded) FAIL(base::to_text(reloaded.error()));
    CHECK(config::to_yaml(reloaded->tree, config::Dollars::Escape) == text);
  }
}
