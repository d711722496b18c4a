// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/container_network.h"

#include <algorithm>

#include "runtime/container/status_record.h"
#include "runtime/network/endpoint_plan.h"
#include "runtime/network/realize.h"
#include "sys/file.h"

namespace runtime::engine {
namespace {

/// Names of the networks that a container has an endpoint on, the primary one first.
std::vector<model::EndpointSpec> endpoints_of(const model::ContainerSpec& spec) {
  if (spec.network_mode == network::kDefaultNetwork ||
      (spec.network_mode.empty() && spec.endpoints.empty())) {
    return {model::EndpointSpec{.network = network::kDefaultNetwork, .mac_address = spec.mac_address}};
  }
  if (!spec.network_mode.empty()) return {};
  auto endpoints = spec.endpoints;
  if (endpoints.front().mac_address.empty()) endpoints.front().mac_address = spec.mac_address;
  return endpoints;
}

bool has_namespace_of_its_own(const model::ContainerSpec& spec) {
  return spec.network_mode != "host" && !spec.network_mode.starts_with("container:");
}

}  // namespace

base::Result<std::vector<EndpointLease>> lease_addresses(Stores& stores, const ContainerRecord& record) {
  std::vector<EndpointLease> leases;
  for (const model::EndpointSpec& endpoint : endpoints_of(record.spec)) {
    const network::NetworkRecord network = TRY(stores.networks->find(endpoint.network));
    const network::Lease lease = TRY(stores.networks->lease(network, record.id, endpoint));
    leases.push_back({.network = network.name,
                      .network_id = network.id,
                      .ipv4_address = lease.ipv4_address,
                      .ipv6_address = lease.ipv6_address,
                      .mac_address = lease.mac_address});
  }
  return leases;
}

base::Result<std::string> find_gateway(Stores& stores, const ContainerRecord& record) {
  for (const EndpointLease& lease : record.leases) {
    const network::NetworkRecord network = TRY(stores.networks->find(lease.network_id));
    for (const network::Pool& pool : network.pools) {
      if (!pool.gateway.empty()) return pool.gateway;
    }
  }
  return std::string();
}

base::Result<> realize_networks(Stores& stores, const ContainerRecord& record) {
  for (const EndpointLease& lease : record.leases) {
    const network::NetworkRecord network = TRY(stores.networks->find(lease.network_id));
    TRY(network::ensure_network(stores.installation(), *stores.networks, network));
  }
  return {};
}

base::Result<std::string> make_network_plan(Stores& stores, const ContainerRecord& record) {
  if (!has_namespace_of_its_own(record.spec)) return std::string();
  model::ContainerSpec spec = record.spec;
  spec.endpoints = endpoints_of(record.spec);
  network::PlanRequest request{.installation = stores.installation(),
                               .container_id = record.id,
                               .container_name = record.spec.name,
                               .spec = &spec};
  for (const EndpointLease& lease : record.leases) {
    request.networks.push_back(TRY(stores.networks->find(lease.network_id)));
    request.leases.push_back({.network_id = lease.network_id,
                              .container_id = record.id,
                              .ipv4_address = lease.ipv4_address,
                              .ipv6_address = lease.ipv6_address,
                              .mac_address = lease.mac_address});
  }
  request.host_resolv_conf = sys::read_file("/etc/resolv.conf").value_or("");
  return network::encode(TRY(network::make_network_plan(request)));
}

base::Result<std::vector<model::PublishedPort>> published_ports(const Roots& roots, const std::string& id) {
  const auto text = sys::read_file(container::network_state_path(roots.run, id));
  if (!text) {
    if (text.error().error_class == base::ErrorClass::NotFound) return std::vector<model::PublishedPort>{};
    return base::fail(text.error());
  }
  if (text->empty()) return std::vector<model::PublishedPort>{};
  return TRY(network::decode_network_state(*text)).ports;
}

base::Result<> release_dead_endpoints(Stores& stores, const std::set<std::string>& alive) {
  TRY(network::sweep(stores.installation(), alive));
  TRY(network::sweep_networks(stores.installation(), *stores.networks));
  return {};
}

}  // namespace runtime::engine
