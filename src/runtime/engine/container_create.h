// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/cancellation.h"
#include "model/container_spec.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// Makes a container and returns its ID: decides its mounts, makes and fills fresh volumes, writes its
/// files, leases its addresses, and records it, in one transaction at the end. A failure, or a crash
/// that recover() finds, leaves nothing but volumes that were asked for by name.
base::Result<std::string> create_container(Stores& stores, const model::ContainerSpec& request,
                                           const base::Cancellation& cancellation);

}  // namespace runtime::engine
