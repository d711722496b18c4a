// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/container_start.h"

#include <csignal>

#include <fmt/format.h>

#include "runtime/container/make_launch_plan.h"
#include "runtime/container/monitor_client.h"
#include "runtime/engine/container_files.h"
#include "runtime/engine/container_network.h"
#include "runtime/engine/device_lookup.h"
#include "runtime/engine/health_plan.h"
#include "runtime/engine/log_plan.h"
#include "runtime/engine/start_mounts.h"
#include "runtime/oci/make_spec.h"
#include "sys/capability.h"
#include "sys/cgroup_hierarchy.h"
#include "sys/file.h"
#include "sys/signal_name.h"

namespace runtime::engine {
namespace {

constexpr std::uint32_t kPrivateFolder = 0700;
constexpr base::Duration kDefaultGrace = std::chrono::seconds(10);

std::string launch_plan_path(const Roots& roots, const std::string& id) {
  return roots.container_run(id) + "/launch";
}

/// The namespace file of a container that another one shares, or "" for every other mode.
base::Result<std::string> shared_namespace(Stores& stores, const std::string& mode, const char* name) {
  constexpr std::string_view kContainer = "container:";
  if (!mode.starts_with(kContainer)) return std::string();
  const ContainerRecord other = TRY(stores.containers->find(mode.substr(kContainer.size())));
  const auto status = TRY(container::read_status(stores.roots.run, other.id));
  if (!status || status->pid == 0) {
    return base::fail(base::ErrorClass::Conflict,
                      fmt::format("cannot join the {} namespace of container {}: it is not running", name,
                                  other.spec.name));
  }
  return fmt::format("/proc/{}/ns/{}", status->pid, name);
}

oci::CgroupSupport cgroup_support(const sys::CgroupHierarchy& hierarchy) {
  if (hierarchy.pure_v2()) return oci::CgroupSupport::V2;
  return hierarchy.unified.empty() ? oci::CgroupSupport::V1 : oci::CgroupSupport::Hybrid;
}

base::Result<oci::SpecInputs> make_inputs(Stores& stores, const ContainerRecord& record,
                                          const sys::CgroupHierarchy& hierarchy, const StartMounts& mounts) {
  oci::SpecInputs inputs;
  inputs.id = record.id;
  inputs.hostname = record.spec.hostname;
  const std::string parent =
      record.spec.cgroup_parent.empty() ? stores.roots.installation_name() : record.spec.cgroup_parent;
  inputs.cgroups_path = fmt::format("/{}/{}", parent, record.id);
  inputs.mounts = mounts.plain;
  inputs.pid_path = TRY(shared_namespace(stores, record.spec.pid_mode, "pid"));
  inputs.ipc_path = TRY(shared_namespace(stores, record.spec.ipc_mode, "ipc"));
  inputs.uts_path = TRY(shared_namespace(stores, record.spec.uts_mode, "uts"));
  inputs.network_path = TRY(shared_namespace(stores, record.spec.network_mode, "net"));
  inputs.devices = TRY(find_devices(record.spec));
  inputs.block_devices = TRY(find_block_devices(record.spec.resources.block_io));
  inputs.cgroup = cgroup_support(hierarchy);
  inputs.known_capabilities = TRY(sys::available_capabilities());
  return inputs;
}

base::Result<container::LaunchPlan> make_launch(Stores& stores, const ContainerRecord& record,
                                                const image::Image& image) {
  const sys::CgroupHierarchy hierarchy = TRY(sys::find_cgroup_hierarchy());
  const StartMounts mounts = TRY(make_start_mounts(stores, record));
  const oci::SpecInputs inputs = TRY(make_inputs(stores, record, hierarchy, mounts));
  const oci::Spec spec = TRY(oci::make_spec(record.spec, image::to_observed(image.config), inputs));
  const snapshot::PreparedRoot root = TRY(stores.snapshots->open_root(record.id, image.layers));
  container::LaunchInputs launch{.id = record.id, .data_root = stores.roots.data};
  launch.root.lower = root.lower_dirs;
  if (root.method == snapshot::Method::Overlay && !root.lower_dirs.empty()) {
    launch.root.upper = root.layer.fs;
    launch.root.work = root.layer.work;
  } else {
    launch.root.lower.clear();
    launch.root.directory = root.layer.fs;
  }
  container::LaunchPlan plan = TRY(container::make_launch_plan(spec, hierarchy, launch));
  plan.mounts.insert(plan.mounts.end(), mounts.filesystems.begin(), mounts.filesystems.end());
  return plan;
}

base::Result<container::MonitorPlan> make_monitor_plan(Stores& stores, const ContainerRecord& record,
                                                       const image::Image& image,
                                                       const container::LaunchPlan& launch) {
  const model::ContainerSpec& spec = record.spec;
  container::MonitorPlan plan;
  plan.container_id = record.id;
  plan.run_root = stores.roots.run;
  plan.launch_plan = container::encode(launch);
  plan.network_plan = TRY(make_network_plan(stores, record));
  plan.join_network = TRY(shared_namespace(stores, spec.network_mode, "net"));
  plan.log = TRY(make_log_plan(spec.log, stores.roots.container_log(record.id)));
  plan.health = make_health_plan(spec, image::to_observed(image.config), launch);
  plan.restart = spec.restart;
  const std::string signal = spec.stop_signal.empty() ? image.config.stop_signal : spec.stop_signal;
  plan.stop_signal = signal.empty() ? SIGTERM : TRY(sys::parse_signal(signal));
  plan.stop_grace = spec.stop_grace_period.value_or(kDefaultGrace);
  plan.tty = spec.tty;
  plan.stdin_open = spec.stdin_open;
  return plan;
}

}  // namespace

base::Result<> start_container(Stores& stores, const ContainerRecord& record, Hold hold) {
  const auto doing = [&] { return fmt::format("starting container {}", record.spec.name); };
  const auto status = TRY(container::read_status(stores.roots.run, record.id));
  if (status && container::monitor_alive(*status)) return {};
  const image::Image image = TRY_WHILE(stores.images->find(record.image_id), doing());
  TRY_WHILE(realize_networks(stores, record), doing());
  TRY_WHILE(write_host_files(stores, record), doing());
  const container::LaunchPlan launch = TRY_WHILE(make_launch(stores, record, image), doing());
  container::MonitorPlan plan = TRY_WHILE(make_monitor_plan(stores, record, image, launch), doing());
  plan.attach = hold == Hold::UntilAttached;
  TRY(sys::make_directories(stores.roots.container_run(record.id), kPrivateFolder));
  TRY(sys::make_directories(stores.roots.container_log(record.id), kPrivateFolder));
  TRY(sys::write_file(launch_plan_path(stores.roots, record.id), plan.launch_plan));
  auto running = container::start_monitor(plan);
  if (running) return {};
  // Somebody else's start, perhaps of a command that was killed, may have come first.
  const auto now = TRY(container::read_status(stores.roots.run, record.id));
  if (now && container::monitor_alive(*now)) return {};
  return base::fail(std::move(running).error().while_doing(doing()));
}

base::Result<container::LaunchPlan> read_launch_plan(const Roots& roots, const std::string& id) {
  return container::decode_launch_plan(TRY(sys::read_file(launch_plan_path(roots, id))));
}

}  // namespace runtime::engine
