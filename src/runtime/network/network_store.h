// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/container_spec.h"
#include "model/network_spec.h"
#include "runtime/network/ip_address.h"
#include "runtime/network/network_record.h"
#include "sys/database.h"

namespace runtime::network {

/// Names that always exist: the engine's own network, the host's, and no network.
inline constexpr const char* kDefaultNetwork = "bridge";
inline constexpr const char* kHostNetwork = "host";
inline constexpr const char* kNoNetwork = "none";

/// The addresses one container holds on one network, until they are released.
struct Lease {
  std::string network_id, container_id;
  std::string ipv4_address, ipv6_address;  ///< Without prefix; empty: none of that family.
  std::string mac_address;
  bool operator==(const Lease&) const = default;
};

/// Networks and the addresses given out on them; tables `networks` and `leases`. Nothing here touches the
/// kernel: see realize.h. Safe to use from several threads and processes. Calls made within a transaction
/// of the same database take part in it.
class NetworkStore {
 public:
  /// Address ranges in use on this machine, which default pools keep clear of.
  using UsedSubnets = std::function<base::Result<std::vector<Subnet>>()>;

  static base::Result<std::unique_ptr<NetworkStore>> open(sys::Database& database,
                                                          UsedSubnets used = host_subnets);
  /// Subnets of the routes and links of the host.
  static base::Result<std::vector<Subnet>> host_subnets();

  /// Decides addresses and records the network. Conflict: the name is taken, or a subnet overlaps that
  /// of another network. Invalid: bad ranges, addresses or options. Unsupported: an unknown driver or
  /// option, by name.
  base::Result<NetworkRecord> create(const model::NetworkSpec& spec);
  /// By name, ID or unique start of an ID. The default network is made when it is asked for first.
  /// NotFound names what was asked.
  base::Result<NetworkRecord> find(const std::string& name_or_id);
  /// All that were created, by name.
  base::Result<std::vector<NetworkRecord>> list();
  /// IDs of all that were created.
  base::Result<std::set<std::string>> list_ids();
  /// Forgets it. Conflict while a container holds an address on it, and for the built-in ones.
  base::Result<NetworkRecord> remove(const std::string& name_or_id);

  /// Addresses for one endpoint: those asked for, else the lowest free ones after the last given out. The
  /// same container asking again gets what it has. Conflict: taken. Invalid: outside the subnet.
  /// Unavailable: none left.
  base::Result<Lease> lease(const NetworkRecord& network, const std::string& container_id,
                            const model::EndpointSpec& endpoint = {});
  base::Result<> release_lease(const std::string& network_id, const std::string& container_id);
  /// On every network.
  base::Result<> release_leases(const std::string& container_id);
  /// Of one network, or of all with "".
  base::Result<std::vector<Lease>> list_leases(const std::string& network_id = {});
  /// Releases what containers hold that are not in `known`; how many there were.
  base::Result<std::size_t> release_unknown(const std::set<std::string>& known);

 private:
  NetworkStore(sys::Database& database, UsedSubnets used) : database_(database), used_(std::move(used)) {}
  base::Result<std::string> choose(const NetworkRecord& network, IpFamily family, const std::string& asked);
  base::Result<> remember(const Lease& lease, const std::string& address);

  sys::Database& database_;
  UsedSubnets used_;
};

}  // namespace runtime::network
