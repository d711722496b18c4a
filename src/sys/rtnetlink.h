// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/netlink_socket.h"

/// Links, addresses and routes. man 7 rtnetlink. `*_link`, `*_address` and so on put one message into a
/// batch; nothing happens before NetlinkSocket::execute.
namespace sys {

using MacAddress = std::array<std::uint8_t, 6>;

struct Link {
  int index = 0;
  std::string name, kind;  ///< kind: "bridge", "veth", ...; empty for hardware and loopback.
  bool up = false;
  int master = 0;  ///< Index of the bridge it is a port of; 0: none.
  std::uint32_t mtu = 0, group = 0;
};

/// An address or a route's destination: `bytes` has 4 or 16.
struct LinkPrefix {
  int link = 0;
  std::string bytes;
  unsigned prefix = 0;
  bool operator==(const LinkPrefix&) const = default;
};

/// Nothing when there is no link of that name.
base::Result<std::optional<Link>> find_link(NetlinkSocket& socket, const std::string& name);
base::Result<std::vector<Link>> list_links(NetlinkSocket& socket);
base::Result<std::vector<LinkPrefix>> list_addresses(NetlinkSocket& socket);
/// Destinations in the main table, without default routes.
base::Result<std::vector<LinkPrefix>> list_routes(NetlinkSocket& socket);

struct BridgeRequest {
  std::string name;
  MacAddress mac{};
  std::uint32_t mtu = 0;  ///< 0: the kernel's default.
};
/// A bridge that is still down. Conflict when the name is taken.
void add_bridge(NetlinkBatch& batch, const BridgeRequest& request);

struct VethRequest {
  std::string name;       ///< The end on this side.
  int master = 0;         ///< Bridge it becomes a port of.
  std::string peer_name;  ///< The other end, made in place.
  int peer_netns = -1;    ///< Namespace of the other end.
  MacAddress peer_mac{};
  std::uint32_t mtu = 0;
};
/// Both ends are down.
void add_veth(NetlinkBatch& batch, const VethRequest& request);

struct SublinkRequest {
  std::string kind;  ///< macvlan, ipvlan
  std::string mode;  ///< As `ip link` names it; empty: bridge, l2.
  std::string name;
  int parent = 0;
  int netns = -1;    ///< Where it is made.
  MacAddress mac{};  ///< macvlan only.
  std::uint32_t mtu = 0;
};
/// Invalid for an unknown mode.
base::Result<> add_sublink(NetlinkBatch& batch, const SublinkRequest& request);

/// The kernel gives the link no fe80:: address when it comes up. Not possible in the message that makes it,
/// nor on a link without IPv6 (none in the kernel, or an MTU under 1280): EAFNOSUPPORT.
void set_link_silent(NetlinkBatch& batch, int link);
void set_link_silent(NetlinkBatch& batch, const std::string& name);
/// Starts the link; its addresses and routes count from here.
void set_link_up(NetlinkBatch& batch, int link);
void set_link_up(NetlinkBatch& batch, const std::string& name);
/// Puts the link into a group, for delete_link_group. ip-link(8), group.
void set_link_group(NetlinkBatch& batch, int link, std::uint32_t group);
/// Ports so marked reach the bridge and what is behind it, but not each other.
void set_port_isolated(NetlinkBatch& batch, int port);
void delete_link(NetlinkBatch& batch, int link);
/// All links of a group at once, which is far cheaper than one by one.
void delete_link_group(NetlinkBatch& batch, std::uint32_t group);
/// IPv6 addresses are usable at once (no duplicate detection). There already is an error (Conflict).
void add_address(NetlinkBatch& batch, const LinkPrefix& address);
/// `gateway` has 4 or 16 bytes.
void add_default_route(NetlinkBatch& batch, int link, const std::string& gateway);

}  // namespace sys
