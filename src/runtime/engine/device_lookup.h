// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "model/container_spec.h"
#include "runtime/oci/spec.h"

namespace runtime::engine {

/// The host's devices that a container asks for by path, or all of them when it is privileged, with their
/// numbers, owners and modes. NotFound for a missing one, Invalid for what is no device.
/// compose-spec: services.*.devices
base::Result<std::vector<oci::Device>> find_devices(const model::ContainerSpec& spec);

}  // namespace runtime::engine
