// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace sys {

/// Where this machine has its control groups. v1, v2, and both at once (hybrid) are all expressed.
struct CgroupHierarchy {
  std::string unified;                           ///< Mount point of cgroup v2; empty: not mounted.
  std::vector<std::string> unified_controllers;  ///< What can be limited there.
  std::map<std::string, std::string> v1;         ///< Controller to mount point.

  /// Only v2 is mounted.
  bool pure_v2() const { return !unified.empty() && v1.empty(); }
};

/// Reads /proc/self/mountinfo. Unsupported when no control group is mounted.
base::Result<CgroupHierarchy> find_cgroup_hierarchy();

}  // namespace sys
