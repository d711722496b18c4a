// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <fmt/format.h>

#include "runtime/network/network_store.h"

namespace runtime::network {
namespace {

constexpr std::size_t kShortId = 12;

IpFamily family_of(const std::string& address) {
  return address.find(':') == std::string::npos ? IpFamily::V4 : IpFamily::V6;
}

/// Addresses of a pool that are never given out.
std::set<IpAddress> reserved(const Pool& pool, const Subnet& subnet) {
  std::set<IpAddress> addresses;
  if (const auto gateway = parse_ip_address(pool.gateway)) addresses.insert(*gateway);
  for (const auto& [name, text] : pool.aux_addresses) {
    if (const auto address = parse_ip_address(text)) addresses.insert(*address);
  }
  const bool point_to_point = subnet.prefix + 1 >= subnet.base.bits();
  if (point_to_point) return addresses;
  addresses.insert(subnet.base);
  if (subnet.base.family == IpFamily::V4) addresses.insert(subnet.last());
  return addresses;
}

base::Result<> check_asked(const NetworkRecord& network, const IpAddress& asked,
                           const std::set<IpAddress>& taken) {
  for (const Pool& pool : network.pools) {
    const Subnet subnet = TRY(parse_subnet(pool.subnet));
    if (!subnet.contains(asked)) continue;
    if (reserved(pool, subnet).contains(asked) || taken.contains(asked)) {
      return base::fail(base::ErrorClass::Conflict, fmt::format("address {} of network {} is already in use",
                                                                to_text(asked), network.name));
    }
    return {};
  }
  std::string subnets;
  for (const Pool& pool : network.pools) subnets += (subnets.empty() ? "" : ", ") + pool.subnet;
  return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("address {} is not in network {}",
                                                                            to_text(asked), network.name))
                        .with_hint(fmt::format("its subnets: {}", subnets)));
}

/// The lowest free address of `range` after `last`, going round once.
std::optional<IpAddress> next_free(const Subnet& range, const std::optional<IpAddress>& last,
                                   const std::set<IpAddress>& excluded) {
  const IpAddress end = range.last();
  const IpAddress start = last && range.contains(*last) ? *last : end;
  IpAddress address = start;
  do {
    address = address == end ? range.base : *advanced(address, 1);
    if (!excluded.contains(address)) return address;
  } while (address != start);
  return std::nullopt;
}

}  // namespace

base::Result<std::string> NetworkStore::choose(const NetworkRecord& network, IpFamily family,
                                               const std::string& asked) {
  std::set<IpAddress> taken;
  TRY(database_.run("SELECT address FROM leases WHERE network = ?", {network.id}, [&](const sys::Row& row) {
    if (const auto address = parse_ip_address(row.text(0))) taken.insert(*address);
  }));
  if (!asked.empty()) {
    const auto address = parse_ip_address(asked);
    if (!address || address->family != family) {
      return base::fail(base::ErrorClass::Invalid, fmt::format("\"{}\" is not an {} address", asked,
                                                               family == IpFamily::V4 ? "IPv4" : "IPv6"));
    }
    TRY(check_asked(network, *address, taken));
    return to_text(*address);
  }
  const std::string column = family == IpFamily::V4 ? "last_ipv4" : "last_ipv6";
  std::optional<IpAddress> last;
  TRY(database_.run("SELECT " + column + " FROM networks WHERE id = ?", {network.id},
                    [&](const sys::Row& row) { last = parse_ip_address(row.text(0)); }));
  for (const Pool& pool : network.pools) {
    const Subnet subnet = TRY(parse_subnet(pool.subnet));
    if (subnet.base.family != family) continue;
    std::set<IpAddress> excluded = reserved(pool, subnet);
    excluded.insert(taken.begin(), taken.end());
    const Subnet range = pool.range.empty() ? subnet : TRY(parse_subnet(pool.range));
    const auto free = next_free(range, last, excluded);
    if (!free) continue;
    TRY(database_.run("UPDATE networks SET " + column + " = ? WHERE id = ?", {to_text(*free), network.id}));
    return to_text(*free);
  }
  return base::fail(base::make_error(base::ErrorClass::Unavailable,
                                     fmt::format("network {} has no free address left", network.name))
                        .with_hint("remove containers, or give the network a larger subnet"));
}

base::Result<> NetworkStore::remember(const Lease& lease, const std::string& address) {
  return database_.run("INSERT INTO leases VALUES(?, ?, ?)", {lease.network_id, address, lease.container_id});
}

base::Result<Lease> NetworkStore::lease(const NetworkRecord& network, const std::string& container_id,
                                        const model::EndpointSpec& endpoint) {
  Lease lease{network.id, container_id, {}, {}, {}};
  const auto doing = [&] {
    return fmt::format("giving container {} an address on network {}", container_id.substr(0, kShortId),
                       network.name);
  };
  for (const std::string* asked : {&endpoint.ipv4_address, &endpoint.ipv6_address}) {
    const bool v6 = asked == &endpoint.ipv6_address;
    if (asked->empty() || (v6 ? network.has_ipv6() : network.has_ipv4())) continue;
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("network {} has no {}, but address {} is asked for", network.name,
                                  v6 ? "IPv6" : "IPv4", *asked));
  }
  TRY_WHILE(database_.transaction([&]() -> base::Result<> {
    for (const Lease& held : TRY(list_leases(network.id))) {
      if (held.container_id == container_id) lease = held;
    }
    if (!lease.mac_address.empty()) return {};
    if (network.has_ipv4()) lease.ipv4_address = TRY(choose(network, IpFamily::V4, endpoint.ipv4_address));
    if (!lease.ipv4_address.empty()) TRY(remember(lease, lease.ipv4_address));
    if (network.has_ipv6()) lease.ipv6_address = TRY(choose(network, IpFamily::V6, endpoint.ipv6_address));
    if (!lease.ipv6_address.empty()) TRY(remember(lease, lease.ipv6_address));
    return {};
  }),
            doing());
  const auto main = parse_ip_address(lease.ipv4_address.empty() ? lease.ipv6_address : lease.ipv4_address);
  if (main) lease.mac_address = make_mac_address(*main);
  return lease;
}

base::Result<> NetworkStore::release_lease(const std::string& network_id, const std::string& container_id) {
  return database_.run("DELETE FROM leases WHERE network = ? AND container = ?", {network_id, container_id});
}

base::Result<> NetworkStore::release_leases(const std::string& container_id) {
  return database_.run("DELETE FROM leases WHERE container = ?", {container_id});
}

base::Result<std::vector<Lease>> NetworkStore::list_leases(const std::string& network_id) {
  std::vector<Lease> leases;
  TRY(database_.run(
      "SELECT network, container, address FROM leases WHERE ?1 = '' OR network = ?1 "
      "ORDER BY network, container",
      {network_id}, [&](const sys::Row& row) {
        const std::string network = row.text(0), container = row.text(1), address = row.text(2);
        const bool same =
            !leases.empty() && leases.back().network_id == network && leases.back().container_id == container;
        if (!same) leases.push_back({network, container, {}, {}, {}});
        const bool v4 = family_of(address) == IpFamily::V4;
        (v4 ? leases.back().ipv4_address : leases.back().ipv6_address) = address;
      }));
  for (Lease& lease : leases) {
    const auto main = parse_ip_address(lease.ipv4_address.empty() ? lease.ipv6_address : lease.ipv4_address);
    if (main) lease.mac_address = make_mac_address(*main);
  }
  return leases;
}

base::Result<std::size_t> NetworkStore::release_unknown(const std::set<std::string>& known) {
  std::set<std::string> gone;
  TRY(database_.run("SELECT DISTINCT container FROM leases", {}, [&](const sys::Row& row) {
    if (!known.contains(row.text(0))) gone.insert(row.text(0));
  }));
  for (const std::string& container : gone) TRY(release_leases(container));
  return gone.size();
}

}  // namespace runtime::network
