// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/engine/stores.h"

namespace runtime::engine {

/// When the last container is gone: removes the cgroups that held this installation's containers, and
/// the default network's link and rules. Skipped while somebody is making a container or building.
base::Result<> release_when_idle(Stores& stores);

}  // namespace runtime::engine
