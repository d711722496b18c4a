// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compose/load/load_context.h"
#include "model/project.h"

namespace compose::load {

/// Sets config_hash of every service, network and volume of `project`, from the canonical tree it was
/// made of. A service's hash leaves out what does not shape a container (build, pull_policy, scale,
/// deploy.replicas, depends_on, profiles, x-*) and takes in the content of the secrets and configs it
/// uses, so that changed content means a new container.
void set_config_hashes(const Tree& root, const LoadContext& context, model::Project& project);

}  // namespace compose::load
