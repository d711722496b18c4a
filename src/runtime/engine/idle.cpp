// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/idle.h"

#include <set>

#include "sys/cgroup_hierarchy.h"
#include "sys/folder.h"

namespace runtime::engine {

base::Result<> release_when_idle(Stores& stores) {
  if (!TRY(stores.containers->list_ids()).empty()) return {};
  const sys::CgroupHierarchy hierarchy = TRY(sys::find_cgroup_hierarchy());
  std::set<std::string> mounts;
  if (!hierarchy.unified.empty()) mounts.insert(hierarchy.unified);
  for (const auto& [controller, mount] : hierarchy.v1) mounts.insert(mount);
  for (const std::string& mount : mounts) {
    // A container that another process is starting right now keeps the folder, and that is fine.
    TRY(sys::remove_empty_folder(mount + "/" + stores.roots.installation_name()));
  }
  return {};
}

}  // namespace runtime::engine
