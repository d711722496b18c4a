// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/step_runner.h"

#include <sys/mount.h>

#include <fmt/format.h>

#include "runtime/container/make_launch_plan.h"
#include "runtime/container/run_client.h"
#include "runtime/engine/container_files.h"
#include "runtime/engine/container_network.h"
#include "runtime/engine/recover.h"
#include "runtime/oci/make_spec.h"
#include "sys/capability.h"
#include "sys/cgroup_hierarchy.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/stream_io.h"

namespace runtime::engine {
namespace {

/// The record of a container that is never stored: what the other parts need to know of a step.
ContainerRecord make_step_record(const build::StepProcess& process) {
  ContainerRecord record;
  record.id = process.id;
  record.spec.name = "build-" + process.id.substr(0, 12);
  record.spec.entrypoint = process.argv;
  record.spec.environment = {"HOSTNAME"};  // Taken out: a step has the variables it was given and no more.
  record.spec.environment.insert(record.spec.environment.end(), process.env.begin(), process.env.end());
  record.spec.user = process.user;
  record.spec.working_dir = process.cwd;
  record.spec.hostname = process.hostname;
  record.spec.extra_hosts = process.extra_hosts;
  record.spec.privileged = process.insecure;
  record.spec.resources.ulimits = process.ulimits;
  record.spec.resources.shm_size = process.shm_size;
  switch (process.network) {
    case build::StepNetwork::Default: record.spec.network_mode = "bridge"; break;
    case build::StepNetwork::None: record.spec.network_mode = "none"; break;
    case build::StepNetwork::Host: record.spec.network_mode = "host"; break;
  }
  return record;
}

/// Files and addresses a step holds while it runs; given back at the end, whatever happened.
class StepResources {
 public:
  StepResources(Stores& stores, ContainerRecord& record) : stores_(stores), record_(record) {}
  StepResources(const StepResources&) = delete;
  StepResources& operator=(const StepResources&) = delete;
  ~StepResources() {
    static_cast<void>(stores_.networks->release_leases(record_.id));
    static_cast<void>(sys::remove_tree(stores_.roots.container_data(record_.id)));
  }

  base::Result<> acquire() {
    TRY(sys::make_directories(stores_.roots.container_data(record_.id), 0711));
    TRY(stores_.database->transaction([&]() -> base::Result<> {
      record_.leases = TRY(lease_addresses(stores_, record_));
      return {};
    }));
    TRY(realize_networks(stores_, record_));
    return write_host_files(stores_, record_);
  }

 private:
  Stores& stores_;
  ContainerRecord& record_;
};

base::Result<container::LaunchPlan> make_launch(Stores& stores, const ContainerRecord& record,
                                                const build::StepProcess& process) {
  const sys::CgroupHierarchy hierarchy = TRY(sys::find_cgroup_hierarchy());
  oci::SpecInputs inputs;
  inputs.id = record.id;
  inputs.hostname = process.hostname;
  inputs.cgroups_path = fmt::format("/{}/{}", stores.roots.installation_name(), record.id);
  inputs.mounts = file_mounts(stores.roots, record);
  inputs.known_capabilities = TRY(sys::available_capabilities());
  const oci::Spec spec = TRY(oci::make_spec(record.spec, model::ObservedImage{}, inputs));
  container::LaunchInputs launch{.id = record.id, .data_root = stores.roots.data};
  launch.root.lower = process.lower_dirs;
  if (process.lower_dirs.empty()) {
    launch.root.directory = process.upper;
  } else {
    launch.root.upper = process.upper;
    launch.root.work = process.work;
    launch.root.unsynced = true;  // A step that a crash cut off is run again.
  }
  return container::make_launch_plan(spec, hierarchy, launch);
}

/// A launcher's mount for one of the step's. An overlay is mounted here, detached, and joins `descriptors`.
base::Result<container::MountPlan> make_mount(const build::StepMount& asked,
                                              std::vector<sys::UniqueFd>& descriptors) {
  container::MountPlan mount;
  mount.target = asked.target;
  mount.attributes = asked.read_only ? MOUNT_ATTR_RDONLY : 0;
  switch (asked.kind) {
    case build::StepMount::Kind::Bind:
      mount.kind = container::MountKind::Bind;
      mount.source = asked.source;
      mount.subpath = asked.subpath;
      mount.recursive = false;
      return mount;
    case build::StepMount::Kind::Tmpfs:
      mount.kind = container::MountKind::Tmpfs;
      if (asked.size) mount.data = fmt::format("size={}", asked.size->bytes);
      return mount;
    case build::StepMount::Kind::Detached:
      mount.kind = container::MountKind::Detached;
      mount.descriptor = container::kFirstRunDescriptor + static_cast<int>(descriptors.size());
      descriptors.push_back(TRY(sys::duplicate(asked.mounted)));
      return mount;
    case build::StepMount::Kind::Overlay: break;
  }
  if (asked.layers.size() == 1 && asked.upper.empty()) {
    mount.kind = container::MountKind::Bind;
    mount.source = asked.layers.front();
    return mount;
  }
  mount.kind = container::MountKind::Detached;
  mount.descriptor = container::kFirstRunDescriptor + static_cast<int>(descriptors.size());
  descriptors.push_back(
      TRY(sys::mount_overlay({.lower = asked.layers, .upper = asked.upper, .work = asked.work})));
  return mount;
}

}  // namespace

base::Result<build::StepExit> EngineStepRunner::run(const build::StepProcess& process,
                                                    const build::OutputSink& output,
                                                    const base::Cancellation& cancellation) {
  const auto lock = TRY(hold_off_recovery(stores_.roots));
  ContainerRecord record = make_step_record(process);
  StepResources resources(stores_, record);
  TRY(resources.acquire());
  container::LaunchPlan launch = TRY(make_launch(stores_, record, process));
  std::vector<sys::UniqueFd> descriptors;
  for (const build::StepMount& mount : process.mounts) {
    launch.mounts.push_back(TRY(make_mount(mount, descriptors)));
  }
  container::RunRequest request{.launch_plan = container::encode(launch),
                                .network_plan = TRY(make_network_plan(stores_, record)),
                                .descriptors = {}};
  for (const sys::UniqueFd& descriptor : descriptors) request.descriptors.push_back(descriptor.value());
  const container::RunOutcome outcome = TRY(container::run_to_end(request, output, cancellation));
  return build::StepExit{.code = outcome.exit_code, .oom_killed = outcome.oom_killed};
}

}  // namespace runtime::engine
