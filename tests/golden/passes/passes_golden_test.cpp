// SPDX-License-Identifier: Apache-2.0
// The tree after each pass: <case>.passes holds one section a pass, and only when it changed something.
#include <catch2/catch.hpp>

#include "compose/config.h"
#include "support/project_bundle.h"

using namespace compose;

namespace {

std::vector<std::string> pass_names;

std::string trees_after_passes(ProjectBundle bundle) {
  std::string text, last;
  bundle.options.after_pass = [&](std::string_view pass, const load::Tree& tree) {
    pass_names.emplace_back(pass);
    std::string now = config::to_yaml(tree, config::Dollars::Keep);
    text += "==== " + std::string(pass) + (now == last ? " (no change)\n" : "\n" + now);
    last = std::move(now);
  };
  const auto loaded = bundle.load();
  return loaded ? text : text + base::to_text(loaded.error());
}

}  // namespace

TEST_CASE("each pass leaves the tree that is written beside the project") {
  for (auto path : golden_files(TEST_DATA_DIR "/golden/passes", ".yaml")) {
    INFO(path.filename());
    const std::string text = trees_after_passes(ProjectBundle::read(path));
    path.replace_extension(".passes");
    if (matches_golden(path, text)) continue;
    CHECK(text == read_golden(path));
  }
}

TEST_CASE("docs/loading.md describes every pass") {
  pass_names.clear();
  trees_after_passes(ProjectBundle::parse("services: {a: {image: i}}\n"));
  const std::string text = read_golden(SOURCE_DIR "/docs/loading.md");
  for (const std::string& pass : pass_names) {
    INFO(pass);
    CHECK(text.find("| " + pass + " |") != std::string::npos);
  }
}
