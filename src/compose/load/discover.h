// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compose/load/load_context.h"

namespace compose::load {

/// What discover_settings finds, with the origin of each variable.
struct Discovery {
  Environment environment;
  std::vector<std::string> files;
  std::string project_directory, project_name;
  std::vector<std::string> profiles, env_files;
};

/// Files, `.env` and COMPOSE_* variables. compose-spec: name; docker compose: COMPOSE_FILE and others.
base::Result<Discovery> discover(const LoadContext& context);

}  // namespace compose::load
