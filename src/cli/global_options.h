// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/option_set.h"

namespace cli {

/// What stands before the subcommand. compose-facts: global flags, COMPOSE_* variables.
struct GlobalOptions {
  std::vector<std::string> files, profiles, env_files;
  std::string project_name, project_directory;
  std::string ansi, progress;  ///< Empty: by variable, else auto.
  std::optional<int> parallel;
  std::string engine, host, data_root, run_root;
  bool compatibility = false, all_resources = false, dry_run = false, verbose = false, version = false;
};

/// Declares them all.
void declare(OptionSet& options, GlobalOptions& out);

}  // namespace cli
