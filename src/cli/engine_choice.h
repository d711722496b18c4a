// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "cli/global_options.h"
#include "engine_client/engine.h"

namespace cli {

/// Which engine runs the containers: --engine or COMPOSE_ENGINE; else Docker when a host is given by --host
/// or DOCKER_HOST; else the bundled one. `environment` has the variables.
base::Result<std::unique_ptr<engine_client::Engine>> open_engine(
    const GlobalOptions& global, const std::map<std::string, std::string>& environment);

}  // namespace cli
