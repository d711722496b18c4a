// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/container_observe.h"

#include "runtime/engine/container_network.h"

namespace runtime::engine {
namespace {

model::ObservedMount observe_mount(const ResolvedMount& mount, const Roots& roots) {
  model::ObservedMount seen;
  seen.type = mount.spec.type;
  seen.target = mount.spec.target;
  seen.read_only = mount.spec.read_only;
  seen.anonymous = mount.anonymous;
  seen.source = mount.spec.source;
  seen.image_id = mount.image_id;
  if (mount.spec.type == model::MountType::Volume) {
    seen.name = mount.spec.source;
    seen.source = volume::data_path(roots.data, mount.spec.source);
  }
  return seen;
}

model::ObservedEndpoint observe_endpoint(const EndpointLease& lease, const model::ContainerSpec& spec) {
  model::ObservedEndpoint seen;
  seen.network = lease.network;
  seen.network_id = lease.network_id;
  seen.ipv4_address = lease.ipv4_address;
  seen.ipv6_address = lease.ipv6_address;
  seen.mac_address = lease.mac_address;
  for (const model::EndpointSpec& endpoint : spec.endpoints) {
    if (endpoint.network == lease.network) seen.aliases = endpoint.aliases;
  }
  return seen;
}

void apply_status(model::ObservedContainer& seen, const container::StatusRecord& status) {
  seen.status = status.status;
  seen.health = status.health;
  seen.exit_code = status.exit_code;
  seen.oom_killed = status.oom_killed;
  seen.error = status.error;
  seen.pid = status.pid;
  seen.restart_count = static_cast<int>(status.restart_count);
  seen.started = status.started;
  seen.finished = status.finished;
  seen.health_log = status.health_output;
  // A container whose monitor died is simply stopped for whoever looks; `error` says how.
  if (seen.status == model::ContainerStatus::Dead) seen.status = model::ContainerStatus::Exited;
}

}  // namespace

model::ObservedContainer observe(const Roots& roots, const ContainerRecord& record,
                                 const std::optional<container::StatusRecord>& status,
                                 const std::vector<model::PublishedPort>& ports) {
  model::ObservedContainer seen;
  seen.id = record.id;
  seen.name = record.spec.name;
  seen.image = record.spec.image;
  seen.image_id = record.image_id;
  seen.command = record.process;
  seen.labels = record.spec.labels;
  seen.tty = record.spec.tty;
  seen.created = model::TimePoint(std::chrono::nanoseconds(record.created_ns));
  seen.exposed = record.spec.expose;
  seen.network_mode = record.spec.network_mode;
  for (const ResolvedMount& mount : record.mounts) seen.mounts.push_back(observe_mount(mount, roots));
  for (const EndpointLease& lease : record.leases) {
    seen.endpoints.push_back(observe_endpoint(lease, record.spec));
  }
  if (status) apply_status(seen, *status);
  if (model::is_active(seen.status)) seen.ports = ports;
  return seen;
}

base::Result<model::ObservedContainer> observe_now(Stores& stores, const ContainerRecord& record) {
  const auto status = TRY(container::read_status(stores.roots.run, record.id));
  std::vector<model::PublishedPort> ports;
  if (!record.spec.ports.empty()) ports = TRY(published_ports(stores.roots, record.id));
  return observe(stores.roots, record, status, ports);
}

}  // namespace runtime::engine
