// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compose/load/load_context.h"

namespace compose::load {

/// Replaces variables in every string value (never in keys), then casts what must be a number or a
/// boolean. After it: no value needs the environment except bare names; each changed value knows the
/// text it was written as. compose-spec: interpolation
void interpolate(Tree& root, const LoadContext& context);

}  // namespace compose::load
