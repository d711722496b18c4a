// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compose/load/load_context.h"

namespace compose::load {

/// Reports each cycle in depends_on once: "dependency cycle: a -> b -> a".
void check_dependency_cycles(const Tree& services, const LoadContext& context);

}  // namespace compose::load
