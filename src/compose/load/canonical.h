// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compose/load/load_context.h"

namespace compose::load {

/// Spreads short forms out to long ones: ports, volumes, env_file, build, depends_on, networks,
/// secrets, configs, devices, gpus, external. Runs on the merged model after each file, and a second
/// time changes nothing. Needs a model that fits the schema. compose-spec: short syntax
void make_canonical(Tree& root, const LoadContext& context);

/// compose-spec: services.*.ports and volumes.
void spread_ports(Tree& ports, const Path& path, const LoadContext& context);
void spread_volumes(Tree& volumes, const Path& path, const LoadContext& context);

}  // namespace compose::load
