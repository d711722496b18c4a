// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/container_spec.h"
#include "model/observed.h"
#include "runtime/network/installation.h"
#include "runtime/network/network_record.h"
#include "runtime/network/network_store.h"

namespace runtime::network {

enum class NamespaceMode : std::uint8_t {
  New,   ///< A namespace of its own, with the endpoints (and only a loopback link without any).
  Host,  ///< The caller's: nothing is done but publishing nothing.
  Join,  ///< The one at `namespace_path`.
};

/// One link into a network, with everything that is set on it.
struct EndpointPlan {
  std::string network_id, network_name;
  Driver driver = Driver::Bridge;
  std::string parent;          ///< The bridge, or for macvlan and ipvlan the host link.
  std::string mode;            ///< macvlan and ipvlan.
  std::string interface_name;  ///< Inside: "eth0".
  std::string mac_address;
  std::string ipv4_address, ipv6_address;  ///< Without prefix; empty: none.
  std::uint8_t ipv4_prefix = 0, ipv6_prefix = 0;
  std::vector<std::string> link_local_addresses;
  std::vector<std::string> sysctls;        ///< "net/ipv4/conf/eth0/log_martians=1"
  std::string ipv4_gateway, ipv6_gateway;  ///< Set where the default route goes through this endpoint.
  std::uint32_t mtu = 0;                   ///< 0: the kernel's default.
  bool internal = false;
  bool isolated = false;  ///< Other containers on the bridge cannot be reached.
  std::string names_directory;
  std::vector<std::string> names;  ///< What others on this network call it; the container's name first.
  bool operator==(const EndpointPlan&) const = default;
};

/// A host port to hold and to lead to the container.
struct PublishPlan {
  std::string host_ip;                             ///< Empty: every address of the host.
  std::uint16_t host_port = 0, host_port_end = 0;  ///< As in model::PortBinding.
  std::uint16_t container_port = 0;
  std::string protocol;                  ///< tcp, udp, sctp
  std::string ipv4_target, ipv6_target;  ///< The container's addresses; empty: none.
  bool operator==(const PublishPlan&) const = default;
};

/// The resolver on 127.0.0.11.
struct ResolverPlan {
  bool serve = false;
  bool forward = true;                 ///< False when every network is internal: nothing leaves.
  std::vector<std::string> upstreams;  ///< Addresses, asked from the host's namespace, port 53.
  bool operator==(const ResolverPlan&) const = default;
};

/// Everything a monitor needs to give its container a network; values only.
struct NetworkPlan {
  std::string container_id;
  Installation installation;
  NamespaceMode mode = NamespaceMode::New;
  std::string namespace_path;  ///< Join: "/proc/<pid>/ns/net"
  std::vector<EndpointPlan> endpoints;
  std::vector<PublishPlan> ports;
  ResolverPlan resolver;
  bool operator==(const NetworkPlan&) const = default;
};

/// What came of a plan: the host ports in use.
struct NetworkState {
  std::vector<model::PublishedPort> ports;
  bool operator==(const NetworkState&) const = default;
};

/// What make_network_plan decides from.
struct PlanRequest {
  Installation installation;
  std::string container_id, container_name;
  const model::ContainerSpec* spec = nullptr;
  /// Networks in the order of `spec->endpoints` (for network_mode bridge: the default one), and the
  /// container's lease on each.
  std::vector<NetworkRecord> networks;
  std::vector<Lease> leases;
  std::string namespace_path;    ///< With network_mode "container:<id>".
  std::string host_resolv_conf;  ///< Text of the host's /etc/resolv.conf.
};

/// Pure. Which endpoint has the default routes: the highest gateway_priority, then the first by network
/// name that is not internal. Published ports without a network that could carry them are left out. Invalid:
/// a name, MAC or port that cannot be.
base::Result<NetworkPlan> make_network_plan(const PlanRequest& request);

/// What can be told of an attachment before there is one: Invalid or Unsupported for a MAC address, an
/// interface's name or an option that cannot be.
base::Result<> check_endpoint(const model::EndpointSpec& endpoint);

/// Compact binary forms, read only by the same program. Decoding is safe on any input.
std::string encode(const NetworkPlan& plan);
base::Result<NetworkPlan> decode_network_plan(std::string_view bytes);
std::string encode(const NetworkState& state);
base::Result<NetworkState> decode_network_state(std::string_view bytes);

}  // namespace runtime::network
