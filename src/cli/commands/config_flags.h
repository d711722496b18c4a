// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/option_set.h"

namespace cli {

/// The flags of `config`, as given.
struct ConfigFlags {
  std::string format, output, hash, explain;
  bool quiet = false, no_interpolate = false, no_normalize = false, no_path_resolution = false;
  bool no_consistency = false, no_env_resolution = false, resolve_digests = false, lock_digests = false;
  bool services = false, volumes = false, networks = false, models = false, profiles = false, images = false;
  bool variables = false, environment = false, lint = false;
  std::vector<std::string> lint_disable;
};

/// Declares them all.
void declare(OptionSet& options, ConfigFlags& flags);

/// Invalid: flags of which one would have no effect beside the other, by name. `services`: some were named.
base::Result<> check(const ConfigFlags& flags, const std::vector<std::string>& services);

}  // namespace cli
