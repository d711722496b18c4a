// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/recover.h"

#include <set>

#include <fmt/format.h>

#include "runtime/container/monitor_program.h"
#include "runtime/container/status_record.h"
#include "runtime/engine/container_network.h"
#include "runtime/engine/container_remove.h"
#include "runtime/engine/container_start.h"
#include "runtime/image/store_check.h"
#include "runtime/network/realize.h"
#include "sys/cgroup.h"
#include "sys/file.h"
#include "sys/file_lock.h"

namespace runtime::engine {
namespace {

constexpr const char* kCreationLock = "creation";

/// Records the end of a container whose monitor died and frees what the monitor would have freed.
base::Result<> bury(Stores& stores, const std::string& id, container::StatusRecord status) {
  if (const auto launch = read_launch_plan(stores.roots, id)) {
    TRY(sys::kill_cgroup(launch->cgroup));
    TRY(sys::remove_cgroup(launch->cgroup));
  }
  status.status = model::ContainerStatus::Exited;
  status.pid = 0;
  status.monitor_pid = 0;
  return sys::write_file(container::status_path(stores.roots.run, id), container::encode(status));
}

/// Entries of a folder of container IDs that no record speaks of.
std::vector<std::string> strangers(const std::string& folder, const std::set<std::string>& known) {
  std::vector<std::string> found;
  const auto names = sys::list_directory(folder);
  if (!names) return found;
  for (const std::string& name : *names) {
    if (!known.contains(name)) found.push_back(name);
  }
  return found;
}

base::Result<> sweep(Stores& stores) {
  const auto lock = TRY(try_hold_off_creation(stores.roots));
  if (!lock) return {};
  const auto ids = TRY(stores.containers->list_ids());
  const std::set<std::string> known(ids.begin(), ids.end());
  std::set<std::string> gone;
  for (const std::string& folder :
       {stores.roots.data + "/containers", stores.roots.run + "/containers", stores.roots.run + "/status"}) {
    for (std::string& name : strangers(folder, known)) gone.insert(std::move(name));
  }
  for (const std::string& id : gone) {
    TRY(remove_container_files(stores.roots, id));
    TRY(stores.networks->release_leases(id));
  }
  for (const std::string& layer : TRY(stores.snapshots->list_writable())) {
    if (gone.contains(layer)) TRY(stores.snapshots->remove(layer));
  }
  TRY(stores.snapshots->recover());
  return {};
}

/// Another program's firewall that drops what containers send to each other or outside.
base::Result<> note_foreign_drops(Stores& stores, engine_client::Recovery& recovery) {
  for (const std::string& chain : TRY(network::find_forward_drops(stores.installation()))) {
    recovery.notes.push_back(
        fmt::format("{} drops forwarded packets, so containers may reach neither each other nor the outside; "
                    "accept the links named cb-* there (with Docker installed: in its chain DOCKER-USER)",
                    chain));
  }
  return {};
}

/// Layers that a power cut may have taken files of, before anything is made of them.
base::Result<> settle_layers(Stores& stores, image::BelowContainers below, const base::Watcher& watcher,
                             engine_client::Recovery& recovery) {
  const auto report = image::settle_store(
      *stores.images, [&](const std::string& image) { return stores.containers->users_of_image(image); },
      below, watcher);
  if (!report && report.error().error_class == base::ErrorClass::Cancelled) return base::fail(report.error());
  if (!report) {
    // Whoever needs such a layer may still fail; but what makes room, or takes it away, must not.
    recovery.notes.push_back(fmt::format("layers could not be looked at: {}", report.error().message));
    return {};
  }
  for (const auto* lines : {&report->problems, &report->repairs}) {
    recovery.notes.insert(recovery.notes.end(), lines->begin(), lines->end());
  }
  return {};
}

}  // namespace

base::Result<sys::UniqueFd> hold_off_recovery(const Roots& roots) {
  return sys::lock_file_shared(roots.lock(kCreationLock));
}

base::Result<std::optional<sys::UniqueFd>> try_hold_off_creation(const Roots& roots) {
  return sys::try_lock_file(roots.lock(kCreationLock));
}

base::Result<engine_client::Recovery> recover(Stores& stores, const base::Watcher& watcher) {
  engine_client::Recovery recovery;
  std::set<std::string> alive;
  for (const auto& [id, status] : TRY(container::read_all_statuses(stores.roots.run))) {
    if (status.status == model::ContainerStatus::Dead) {
      const auto record = stores.containers->find(id);
      TRY_WHILE(bury(stores, id, status), fmt::format("cleaning up after container {}", id.substr(0, 12)));
      if (record) {
        recovery.notes.push_back(fmt::format("container {}: {}", record->spec.name, status.error));
      }
    } else if (container::monitor_alive(status)) {
      alive.insert(id);
      container::share_program_of(status.monitor_pid);
    }
  }
  TRY(release_dead_endpoints(stores, alive));
  if (!TRY(stores.networks->list()).empty()) TRY(note_foreign_drops(stores, recovery));
  TRY(sweep(stores));
  const auto below = alive.empty() ? image::BelowContainers::Restore : image::BelowContainers::Leave;
  TRY(settle_layers(stores, below, watcher, recovery));
  return recovery;
}

}  // namespace runtime::engine
