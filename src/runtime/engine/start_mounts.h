// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/container_spec.h"
#include "runtime/container/launch_plan.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// A container's mounts as they are made at its start.
struct StartMounts {
  std::vector<model::MountSpec> plain;  ///< Host paths and tmpfs, then the engine's own files.
  std::vector<container::MountPlan>
      filesystems;  ///< Images, and volumes that are a file system of their own.
};

/// Looks up what the volumes and images behind a container's mounts are now. NotFound when one is gone.
/// A volume with options is mounted when it is used: type, o and device as mount(8) takes them.
base::Result<StartMounts> make_start_mounts(Stores& stores, const ContainerRecord& record);

}  // namespace runtime::engine
