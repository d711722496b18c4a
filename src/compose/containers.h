// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine_client/engine.h"
#include "model/observed.h"

namespace compose {

enum class OneOffs { Include, Exclude };

/// Containers of the project, by name; those of `services`, or all when it is empty. NotFound: a named
/// service has none and is not in `known_services`.
base::Result<std::vector<model::ObservedContainer>> list_containers(
    engine_client::Engine& engine, const std::string& project, const std::vector<std::string>& services,
    OneOffs one_offs, const std::vector<std::string>& known_services = {});

/// The service's container with that replica number; 0: the running one with the lowest number, replicas
/// before one-offs. NotFound: `service "web" is not running`.
base::Result<model::ObservedContainer> find_container(engine_client::Engine& engine,
                                                      const std::string& project, const std::string& service,
                                                      int index);

/// One line of `ls`: a project that has containers.
struct ProjectStatus {
  std::string name;
  std::string status;        ///< "exited(1), running(2)"
  std::string config_files;  ///< Comma-separated, as on the containers.
};
/// Projects with running containers, or all that have any.
base::Result<std::vector<ProjectStatus>> list_projects(engine_client::Engine& engine, bool all);

}  // namespace compose
