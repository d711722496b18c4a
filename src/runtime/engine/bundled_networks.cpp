// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_networks.h"

#include <fmt/format.h>

#include "runtime/container/status_record.h"
#include "runtime/engine/container_events.h"
#include "runtime/engine/idle.h"
#include "runtime/network/realize.h"

namespace runtime::engine {
namespace {

/// Endpoints are set up when a container starts, so a running one keeps those it has.
base::Result<> refuse_while_running(Stores& stores, const ContainerRecord& record, const char* what) {
  const auto status = TRY(container::read_status(stores.roots.run, record.id));
  if (!status || !container::monitor_alive(*status)) return {};
  return base::fail(base::make_error(base::ErrorClass::Unsupported,
                                     fmt::format("container {} is running: it cannot be {} a network now",
                                                 record.spec.name, what))
                        .with_hint("stop it first"));
}

}  // namespace

base::Result<std::vector<model::ObservedNetwork>> BundledNetworks::list(
    const engine_client::ResourceFilter& filter) {
  std::vector<model::ObservedNetwork> found;
  for (const network::NetworkRecord& record : TRY(stores_.networks->list())) {
    if (has_labels(record.labels, filter.labels)) found.push_back(network::to_observed(record));
  }
  return found;
}

base::Result<model::ObservedNetwork> BundledNetworks::inspect(const std::string& network) {
  return network::to_observed(TRY(stores_.networks->find(network)));
}

base::Result<std::string> BundledNetworks::create(const model::NetworkSpec& spec) {
  const network::NetworkRecord record = TRY(stores_.networks->create(spec));
  auto realized = network::ensure_network(stores_.installation(), *stores_.networks, record);
  if (realized) return record.id;
  static_cast<void>(stores_.networks->remove(record.id));
  static_cast<void>(network::remove_network_realization(stores_.installation(), {record}));
  return base::fail(std::move(realized).error().while_doing(fmt::format("creating network {}", spec.name)));
}

base::Result<> BundledNetworks::remove(const std::string& network) {
  const network::NetworkRecord record = TRY(stores_.networks->find(network));
  // The kernel's part first: killed in between, the record still says what is left to remove.
  const bool in_use = !TRY(stores_.networks->list_leases(record.id)).empty();
  if (!in_use && record.name != network::kDefaultNetwork) {
    TRY(network::remove_network_realization(stores_.installation(), {record}));
  }
  TRY(stores_.networks->remove(network));
  return release_when_idle(stores_);
}

base::Result<> BundledNetworks::connect(const std::string& network, const std::string& container,
                                        const model::EndpointSpec& endpoint) {
  ContainerRecord record = TRY(stores_.containers->find(container));
  TRY(refuse_while_running(stores_, record, "connected to"));
  const network::NetworkRecord target = TRY(stores_.networks->find(network));
  return stores_.database->transaction([&]() -> base::Result<> {
    const network::Lease lease = TRY(stores_.networks->lease(target, record.id, endpoint));
    model::EndpointSpec added = endpoint;
    added.network = target.name;
    record.spec.endpoints.push_back(added);
    record.leases.push_back({.network = target.name,
                             .network_id = target.id,
                             .ipv4_address = lease.ipv4_address,
                             .ipv6_address = lease.ipv6_address,
                             .mac_address = lease.mac_address});
    return stores_.containers->update(record);
  });
}

base::Result<> BundledNetworks::disconnect(const std::string& network, const std::string& container) {
  ContainerRecord record = TRY(stores_.containers->find(container));
  TRY(refuse_while_running(stores_, record, "disconnected from"));
  const network::NetworkRecord target = TRY(stores_.networks->find(network));
  return stores_.database->transaction([&]() -> base::Result<> {
    TRY(stores_.networks->release_lease(target.id, record.id));
    std::erase_if(record.leases, [&](const EndpointLease& lease) { return lease.network_id == target.id; });
    std::erase_if(record.spec.endpoints,
                  [&](const model::EndpointSpec& endpoint) { return endpoint.network == target.name; });
    return stores_.containers->update(record);
  });
}

}  // namespace runtime::engine
