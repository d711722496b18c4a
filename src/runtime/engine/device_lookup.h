// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/container_spec.h"
#include "runtime/oci/spec.h"

namespace runtime::engine {

/// The host's devices that a container asks for by path, or all of them when it is privileged, with their
/// numbers, owners and modes. NotFound for a missing one, Invalid for what is no device.
/// compose-spec: services.*.devices
base::Result<std::vector<oci::Device>> find_devices(const model::ContainerSpec& spec);

/// The block devices that limits are set for, by the path they are named by. NotFound for a missing one, Invalid
/// for what is no block device.
/// compose-spec: services.*.blkio_config
base::Result<std::map<std::string, oci::Device>> find_block_devices(const model::BlockIo& limits);

}  // namespace runtime::engine
