// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "compose/load/load.h"

/// Loads files from memory, as if the command ran in /src/work.
struct LoadFixture {
  std::map<std::string, std::string> files;
  compose::load::LoadOptions options;

  explicit LoadFixture(std::map<std::string, std::string> given) : files(std::move(given)) {
    options.working_directory = "/src/work";
    options.keep_tree = true;
  }
  explicit LoadFixture(std::string compose_file)
      : LoadFixture({{"/src/work/compose.yaml", std::move(compose_file)}}) {}

  base::Result<compose::load::Loaded> load() const {
    return compose::load::load_project(options, compose::load::MemoryFileSource(files));
  }
  /// The loaded project; fails the test with the whole error text when it does not load.
  compose::load::Loaded loaded() const {
    auto result = load();
    if (!result) FAIL(base::to_text(result.error()));
    return *std::move(result);
  }
  /// The error text; fails the test when it loads.
  std::string error() const {
    const auto result = load();
    if (result) FAIL("loaded, but an error was expected");
    return base::to_text(result.error());
  }
};
