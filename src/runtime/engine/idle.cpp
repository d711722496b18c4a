// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/idle.h"

#include <set>

#include "runtime/engine/recover.h"
#include "runtime/network/realize.h"
#include "sys/cgroup_directory.h"
#include "sys/cgroup_hierarchy.h"
#include "sys/file.h"

namespace runtime::engine {

namespace {

/// Its record stays: it is made again when the next container or build step needs it.
base::Result<> release_default_network(Stores& stores) {
  if (!sys::path_exists(stores.roots.run + "/networks")) return {};
  for (const network::NetworkRecord& network : TRY(stores.networks->list())) {
    if (network.name != network::kDefaultNetwork) continue;
    return network::remove_network_realization(stores.installation(), {network});
  }
  return {};
}

}  // namespace

base::Result<> release_when_idle(Stores& stores) {
  const auto lock = TRY(try_hold_off_creation(stores.roots));
  if (!lock || TRY(stores.containers->any())) return {};
  TRY(release_default_network(stores));
  const sys::CgroupHierarchy hierarchy = TRY(sys::find_cgroup_hierarchy());
  std::set<std::string> mounts;
  if (!hierarchy.unified.empty()) mounts.insert(hierarchy.unified);
  for (const auto& [controller, mount] : hierarchy.v1) mounts.insert(mount);
  for (const std::string& mount : mounts) {
    sys::remove_empty_parents(mount + "/" + stores.roots.installation_name() + "/container");
  }
  return {};
}

}  // namespace runtime::engine
