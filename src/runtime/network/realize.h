// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/network/installation.h"
#include "runtime/network/network_record.h"
#include "runtime/network/network_store.h"

namespace runtime::network {

/// Makes the kernel have what the record says, and costs some 50 microseconds when it has: the bridge with
/// its gateway addresses, forwarding, the table with its static chains and the network's elements. When
/// the table was lost (reboot, `nft flush ruleset`) it is made again with all
/// networks of `store` and the published ports of running containers.
///
/// Host settings changed, and left so: net.ipv4.ip_forward, and with IPv6 networks
/// net.ipv6.conf.all.forwarding (links that took router advertisements keep doing so).
/// Conflict: a link of that name is there and is not a bridge. NotFound: no such parent link.
base::Result<> ensure_network(const Installation& installation, NetworkStore& store,
                              const NetworkRecord& network);

/// Removes links, elements and run-time files of these networks together; the table as well when it has
/// no network any more. Not there is success; goes on after a failure and reports all.
base::Result<> remove_network_realization(const Installation& installation,
                                          const std::vector<NetworkRecord>& networks);

/// Removes table elements and names of containers that are not in `alive` (full IDs): what monitors that
/// were killed could not take away. How many containers were swept.
base::Result<std::size_t> sweep(const Installation& installation, const std::set<std::string>& alive);

/// Removes what is left of networks that `store` does not have: commands that were killed while they removed
/// one. How many there were.
base::Result<std::size_t> sweep_networks(const Installation& installation, NetworkStore& store);

/// Names of other programs' chains that drop forwarded packets by default, as "table ip filter chain
/// FORWARD": containers then reach nothing outside until the owner accepts their bridges. For a warning.
base::Result<std::vector<std::string>> find_forward_drops(const Installation& installation);

}  // namespace runtime::network
