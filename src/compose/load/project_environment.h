// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "compose/load/load_context.h"

namespace compose::load {

/// Adds the assignments of an env file below what `environment` has; among several files the later
/// wins, so add them last first. Values may refer to `environment` and to earlier lines.
base::Result<> add_env_file(const std::string& path, Environment& environment, const LoadContext& context);

/// As add_env_file for several files, of which later ones win over earlier ones, and may refer to them.
base::Result<> add_env_files(const std::vector<std::string>& paths, Environment& environment,
                             const LoadContext& context);

}  // namespace compose::load
