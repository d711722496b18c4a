// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "runtime/engine/stores.h"

namespace runtime::engine {

/// Leases an address on every network of a container. Call inside the transaction that records it.
/// NotFound for a network that does not exist; Conflict for an address that is taken.
base::Result<std::vector<EndpointLease>> lease_addresses(Stores& stores, const ContainerRecord& record);

/// What "host-gateway" means to a container: the gateway of its first network; "" without one.
base::Result<std::string> find_gateway(Stores& stores, const ContainerRecord& record);

/// Makes sure that the networks of a container exist in the kernel: after a reboot they do not.
base::Result<> realize_networks(Stores& stores, const ContainerRecord& record);

/// What the monitor does about a container's network, for MonitorPlan::network_plan; empty when it shares
/// somebody's namespace and needs nothing.
base::Result<std::string> make_network_plan(Stores& stores, const ContainerRecord& record);

/// Host ports a running container holds, as its monitor reported them.
base::Result<std::vector<model::PublishedPort>> published_ports(const Roots& roots, const std::string& id);

/// Takes names, ports and elements of containers that are not `alive` out of the kernel and the run root.
base::Result<> release_dead_endpoints(Stores& stores, const std::set<std::string>& alive);

}  // namespace runtime::engine
