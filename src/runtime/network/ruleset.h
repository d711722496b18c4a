// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/network/ip_address.h"
#include "runtime/network/network_record.h"
#include "sys/nftables.h"

namespace runtime::network {

/// What the table's note says: which rules are in it. Another note, and the rules are written anew.
inline constexpr std::string_view kRulesetNote = "layout 2";

/// Writes the whole static part of an installation's table; sets and their elements stay when they are
/// there. What differs from network to network and from port to port is elements only:
//
//   bridges, internal, masquerade   links
//   same                            in link . out link of one network
//   ports4, ports6                  protocol . port                  -> address . port
//   ports4_at, ports6_at            host address . protocol . port   -> address . port
void put_ruleset(sys::NetlinkBatch& batch, const std::string& table);

/// The elements a bridge network has.
std::vector<sys::NftElement> network_elements(const NetworkRecord& network);

/// IPPROTO_* of tcp, udp, sctp.
std::optional<std::uint8_t> protocol_number(std::string_view protocol);

/// The element that leads a host port to a container. `host`: unspecified for every address.
sys::NftElement port_element(const IpAddress& host, std::uint16_t host_port, std::uint8_t protocol,
                             const IpAddress& target, std::uint16_t target_port);

/// Adds elements, a thousand a transaction; one that is there with another value is replaced.
base::Result<> add_elements(sys::NetlinkSocket& socket, const std::string& table,
                            const std::vector<sys::NftElement>& elements);
/// Removes elements, whether they are there or not, a thousand a transaction where possible.
base::Result<> delete_elements(sys::NetlinkSocket& socket, const std::string& table,
                               const std::vector<sys::NftElement>& elements);

}  // namespace runtime::network
