// SPDX-License-Identifier: Apache-2.0
// Each <case>.yaml is a project that is wrong or doubtful; <case>.err is all that is said about it.
#include <catch2/catch.hpp>

#include "support/project_bundle.h"

namespace {

std::string said(const ProjectBundle& bundle) {
  const auto loaded = bundle.load();
  if (!loaded) return base::to_text(loaded.error());
  std::string text;
  for (const base::Error& warning : loaded->warnings) text += base::to_text(warning, "warning");
  return text + "loaded\n";
}

bool has_place(const base::Error& error) {
  const bool placed = error.location.has_value() && error.location->line > 0;
  for (const base::Error& other : error.also) {
    if (!has_place(other)) return false;
  }
  return placed;
}

}  // namespace

TEST_CASE("every bad project of the folder is refused with the text that is written beside it") {
  const auto cases = golden_files(TEST_DATA_DIR "/golden/errors", ".yaml");
  CHECK(cases.size() >= 120);
  for (auto path : cases) {
    INFO(path.filename());
    const std::string text = said(ProjectBundle::read(path));
    path.replace_extension(".err");
    if (matches_golden(path, text)) continue;
    CHECK(text == read_golden(path));
  }
}

TEST_CASE("every error of a Compose file has a place") {
  for (const auto& path : golden_files(TEST_DATA_DIR "/golden/errors", ".yaml")) {
    if (path.filename().string().starts_with("command_")) continue;  // errors of options, not of files
    INFO(path.filename());
    const auto loaded = ProjectBundle::read(path).load();
    if (!loaded) CHECK(has_place(loaded.error()));
  }
}
