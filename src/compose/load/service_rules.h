// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compose/load/load_context.h"

namespace compose::load {

/// Rules between attributes of one service: image or build, exclusive pairs, values given twice, scale.
void check_service(const Entry& service, const Path& path, const LoadContext& context);

/// compose-spec: container_name: no two services may share one.
void check_container_names(const Tree& services, const LoadContext& context);

}  // namespace compose::load
