// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/realize.h"

#include <linux/netfilter.h>
#include <linux/netlink.h>

#include <cerrno>

#include <fmt/format.h>

#include "runtime/network/endpoint_links.h"
#include "runtime/network/port_file.h"
#include "runtime/network/ruleset.h"
#include "sys/file.h"
#include "sys/file_lock.h"
#include "sys/netns.h"
#include "sys/rtnetlink.h"

namespace runtime::network {
namespace {

constexpr std::uint32_t kPublicFolder = 0711;
constexpr const char* kKernelHint =
    "the kernel needs nf_tables with connection tracking, nat, masquerade and fib for inet "
    "(modules nft_chain_nat, nft_masq, nft_fib_inet)";

std::string table_lock(const Installation& installation) {
  return installation.run_root + "/networks/table.lock";
}

base::Result<> set_when_other(const std::string& name, const std::string& value) {
  if (TRY(sys::read_sysctl(name)) == value) return {};
  return sys::write_sysctl(name, value);
}

/// Forwarding hosts ignore router advertisements unless told otherwise: keep the ones that listened.
base::Result<> keep_router_advertisements() {
  for (const std::string& link : TRY(sys::list_directory("/proc/sys/net/ipv6/conf"))) {
    if (link == "all" || link == "default") continue;
    const std::string name = fmt::format("net/ipv6/conf/{}/accept_ra", link);
    const auto value = sys::read_sysctl(name);
    if (value && *value == "1") TRY(sys::write_sysctl(name, "2"));
  }
  return {};
}

base::Result<> enable_forwarding(const NetworkRecord& network) {
  if (network.internal) return {};
  if (network.has_ipv4()) TRY(set_when_other("net/ipv4/ip_forward", "1"));
  if (!network.has_ipv6()) return {};
  const std::string name = "net/ipv6/conf/all/forwarding";
  if (TRY(sys::read_sysctl(name)) == "1") return {};
  TRY(keep_router_advertisements());
  return sys::write_sysctl(name, "1");
}

/// The bridge becomes up last: a bridge that is up is complete.
base::Result<> make_bridge(sys::NetlinkSocket& socket, const NetworkRecord& network) {
  sys::BridgeRequest request;
  request.name = network.bridge;
  request.mtu = network.mtu;
  std::vector<std::pair<IpAddress, unsigned>> addresses;
  for (const Pool& pool : network.pools) {
    const auto gateway = parse_ip_address(pool.gateway);
    if (gateway) addresses.emplace_back(*gateway, TRY(parse_subnet(pool.subnet)).prefix);
  }
  if (!addresses.empty()) request.mac = *parse_mac_address(make_mac_address(addresses.front().first));
  auto link = TRY(sys::find_link(socket, network.bridge));
  if (link && link->kind != "bridge") {
    return base::fail(base::make_error(base::ErrorClass::Conflict,
                                       fmt::format("link {} exists and is not a bridge", network.bridge))
                          .with_hint("choose another com.docker.network.bridge.name"));
  }
  if (!link) {
    sys::NetlinkBatch create = socket.batch();
    sys::add_bridge(create, request);
    TRY(socket.execute(create, fmt::format("creating bridge {}", network.bridge)));
    link = TRY(sys::find_link(socket, network.bridge));
  }
  if (!link) return base::fail(base::ErrorClass::NotFound, fmt::format("bridge {} vanished", network.bridge));
  static_cast<void>(sys::write_sysctl(fmt::format("net/ipv6/conf/{}/accept_ra", network.bridge), "0"));
  sys::NetlinkBatch batch = socket.batch();
  if (!network.has_ipv6() && can_be_silent(network.mtu)) sys::set_link_silent(batch, link->index);
  for (const auto& [address, prefix] : addresses) {
    sys::add_address(batch, {link->index, std::string(address.data()), prefix});
  }
  sys::set_link_up(batch, link->index);
  auto done = socket.execute(batch, fmt::format("setting up bridge {}", network.bridge));
  // Addresses of an earlier attempt that ended half-way.
  if (!done && done.error().errno_value != EEXIST) return done;
  return {};
}

base::Result<> ensure_bridge(const Installation& installation, const NetworkRecord& network) {
  sys::NetlinkSocket socket = TRY(sys::NetlinkSocket::open(NETLINK_ROUTE));
  const auto ready = [&]() -> base::Result<bool> {
    const auto link = TRY(sys::find_link(socket, network.bridge));
    return link && link->up && link->kind == "bridge";
  };
  if (TRY(ready())) return {};
  TRY(sys::make_directories(installation.names_directory(network.id), kPublicFolder));
  const auto lock = TRY(sys::lock_file(installation.run_root + "/networks/" + network.id + "/lock"));
  if (TRY(ready())) return {};
  TRY(sys::write_file(installation.record_path(network.id), encode_record(network)));
  return make_bridge(socket, network);
}

/// The table with all networks in one transaction, then the published ports of running containers.
base::Result<> install_table(const Installation& installation, NetworkStore& store,
                             const NetworkRecord& network, sys::NetlinkSocket& socket) {
  sys::NetlinkBatch batch = socket.batch();
  sys::begin_nft_transaction(batch);
  put_ruleset(batch, installation.name);
  std::vector<NetworkRecord> networks = TRY(store.list());
  networks.push_back(network);
  for (const NetworkRecord& known : networks) {
    for (const sys::NftElement& element : network_elements(known)) {
      sys::add_nft_element(batch, installation.name, element);
    }
  }
  sys::end_nft_transaction(batch);
  TRY(socket.execute(batch, fmt::format("making nftables table {}", installation.name))
          .map_error([](base::Error error) { return std::move(error).with_hint(kKernelHint); }));
  // Until they are back their monitors carry the ports.
  const auto ports = TRY(lock_ports(installation));
  for (const std::string& container : list_port_files(installation)) {
    TRY(add_elements(socket, installation.name, read_port_file(installation, container)));
  }
  return {};
}

base::Result<> ensure_table(const Installation& installation, NetworkStore& store,
                            const NetworkRecord& network) {
  sys::NetlinkSocket socket = TRY(sys::NetlinkSocket::open(NETLINK_NETFILTER));
  const auto complete = [&]() -> base::Result<bool> {
    const auto note = TRY(sys::find_nft_table(socket, installation.name));
    return note && *note == kRulesetNote;
  };
  {
    const auto lock = TRY(sys::lock_file_shared(table_lock(installation)));
    if (TRY(complete())) return add_elements(socket, installation.name, network_elements(network));
  }
  const auto lock = TRY(sys::lock_file(table_lock(installation)));
  if (TRY(complete())) return add_elements(socket, installation.name, network_elements(network));
  // A table of another layout keeps its note for good: it has to be made anew.
  if (TRY(sys::find_nft_table(socket, installation.name))) {
    sys::NetlinkBatch batch = socket.batch();
    sys::begin_nft_transaction(batch);
    sys::delete_nft_table(batch, installation.name);
    sys::end_nft_transaction(batch);
    TRY(socket.execute(batch, fmt::format("replacing nftables table {}", installation.name)));
  }
  return install_table(installation, store, network, socket);
}

base::Result<> check_parent(const NetworkRecord& network) {
  sys::NetlinkSocket socket = TRY(sys::NetlinkSocket::open(NETLINK_ROUTE));
  if (TRY(sys::find_link(socket, network.parent))) return {};
  return base::fail(base::ErrorClass::NotFound, fmt::format("network {}: there is no link {} to put it on",
                                                            network.name, network.parent));
}

}  // namespace

base::Result<> ensure_network(const Installation& installation, NetworkStore& store,
                              const NetworkRecord& network) {
  const std::string doing = fmt::format("setting up network {}", network.name);
  if (network.driver == Driver::Host || network.driver == Driver::None) return {};
  TRY_WHILE(sys::make_directories(installation.names_directory(network.id), kPublicFolder), doing);
  if (network.driver != Driver::Bridge) return check_parent(network);
  TRY_WHILE(ensure_bridge(installation, network), doing);
  TRY_WHILE(enable_forwarding(network), doing);
  TRY_WHILE(ensure_table(installation, store, network), doing);
  return {};
}

base::Result<std::vector<std::string>> find_forward_drops(const Installation& installation) {
  sys::NetlinkSocket socket = TRY(sys::NetlinkSocket::open(NETLINK_NETFILTER));
  std::vector<std::string> found;
  for (const sys::NftHookedChain& chain : TRY(sys::list_nft_hooked_chains(socket))) {
    const bool ip = chain.family == "ip" || chain.family == "ip6" || chain.family == "inet";
    if (!ip || !chain.drops || chain.hook != NF_INET_FORWARD || chain.table == installation.name) continue;
    found.push_back(fmt::format("table {} {} chain {}", chain.family, chain.table, chain.name));
  }
  return found;
}

}  // namespace runtime::network
