// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "runtime/oci/spec.h"
#include "sys/cgroup.h"
#include "sys/cgroup_hierarchy.h"

namespace runtime::container {

/// Which directories a container's cgroup has on this machine and what is written there. Pure.
///
/// Where cgroup v2 is mounted its directory is always made: it kills, freezes and tells of events.
/// The folder above it, named by the rules (`devices-<hash>`), carries the device filter. A v1 controller
/// gets a directory only when it limits something, so that on a hybrid machine a container without limits has
/// one directory. Without v2 the v1 devices and freezer controllers take over. Unsupported when a limit needs
/// a controller the machine does not have, or that its version of control groups cannot express.
base::Result<sys::Cgroup> make_cgroup(const oci::Resources& resources, const std::string& cgroups_path,
                                      const sys::CgroupHierarchy& hierarchy);

}  // namespace runtime::container
