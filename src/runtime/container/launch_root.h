// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "runtime/container/launch_plan.h"
#include "sys/fd.h"

/// The steps that build a container's root, taken in its own mount namespace before it is entered.
/// While they run the host's tree is still reachable: everything of the host is opened first, and the
/// container's side is only ever reached through descriptors below its root.
namespace runtime::container {

/// What comes from the host, opened before anything of the container is looked at.
struct HostSources {
  std::vector<sys::UniqueFd> binds;    ///< One for each mount; empty for kinds that have no source.
  std::vector<sys::UniqueFd> cgroups;  ///< One for each directory of the cgroup, when one is mounted.
  sys::UniqueFd null_device;           ///< O_PATH on /dev/null, verified.
};
base::Result<HostSources> open_host_sources(const LaunchPlan& plan);

/// Mounts the root file system and attaches it in the caller's mount namespace; its descriptor.
base::Result<sys::UniqueFd> mount_root(const RootPlan& plan);

/// Makes all mounts of the plan in their order.
base::Result<> apply_mounts(const LaunchPlan& plan, HostSources& sources, int root);

/// Device nodes and the customary links in /dev, unless /dev is the user's own bind.
base::Result<> make_devices(const LaunchPlan& plan, int root);

/// O_PATH descriptor of the container's own /proc. Invalid when something else is there.
base::Result<sys::UniqueFd> open_container_proc(int root);

/// Writes the sysctls through the container's own /proc.
base::Result<> write_sysctls(const std::vector<SysctlPlan>& sysctls, int root);

/// Hides masked paths and makes the read-only ones so. Paths that do not exist are skipped.
base::Result<> confine_paths(const LaunchPlan& plan, const HostSources& sources, int root);

}  // namespace runtime::container
