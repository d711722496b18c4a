// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "compose/load/load.h"

/// A whole project in one text, so that a test case is one file:
///
///     services: ...              the file compose.yaml
///     #### file sub/base.yaml    what follows is that file
///     #### option --profile x    options of the command
///     #### env NAME=value        the process's environment
///     #### expect                what follows is for the test
///
/// The project lies in /work, and HOME is /home/user.
struct ProjectBundle {
  std::map<std::string, std::string> files;
  compose::load::LoadOptions options;
  std::string source;    ///< Everything before "#### expect".
  std::string expected;  ///< Everything after it.

  static ProjectBundle parse(const std::string& text);
  static ProjectBundle read(const std::filesystem::path& path);
  base::Result<compose::load::Loaded> load() const;
};

/// The files in `folder` (below it, too) that end with `extension`, sorted.
std::vector<std::filesystem::path> golden_files(const std::filesystem::path& folder,
                                                const std::string& extension);

std::string read_golden(const std::filesystem::path& path);

/// Compares with the text of `path`; when GOLDEN_UPDATE is set writes it instead. Says whether equal.
bool matches_golden(const std::filesystem::path& path, const std::string& text);
