// SPDX-License-Identifier: Apache-2.0
#include "sys/rtnetlink.h"

#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>

#include <fmt/format.h>

namespace sys {
namespace {

constexpr std::uint16_t kCreate = NLM_F_CREATE | NLM_F_EXCL;

std::string_view bytes_of(const MacAddress& mac) {
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

ifinfomsg link_header(int index, unsigned flags = 0) {
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  header.ifi_index = index;
  header.ifi_flags = flags;
  header.ifi_change = flags;
  return header;
}

void put_no_link_local(NetlinkBatch& batch) {
  batch.nest(IFLA_AF_SPEC, [&] {
    batch.nest(AF_INET6, [&] { batch.put_u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE); });
  });
}

Link read_link(const NetlinkMessage& message) {
  const auto header = message.header<ifinfomsg>();
  Link link;
  link.index = header.ifi_index;
  link.up = (header.ifi_flags & IFF_UP) != 0;
  each_attribute(message.attributes<ifinfomsg>(), [&](const NetlinkAttribute& attribute) {
    switch (attribute.type) {
      case IFLA_IFNAME: link.name = attribute.text(); break;
      case IFLA_MASTER: link.master = static_cast<int>(attribute.u32()); break;
      case IFLA_MTU: link.mtu = attribute.u32(); break;
      case IFLA_GROUP: link.group = attribute.u32(); break;
      case IFLA_LINKINFO:
        each_attribute(attribute.data, [&](const NetlinkAttribute& info) {
          if (info.type == IFLA_INFO_KIND) link.kind = info.text();
        });
        break;
      default: break;
    }
  });
  return link;
}

std::optional<std::uint32_t> macvlan_mode(const std::string& mode) {
  if (mode.empty() || mode == "bridge") return MACVLAN_MODE_BRIDGE;
  if (mode == "private") return MACVLAN_MODE_PRIVATE;
  if (mode == "vepa") return MACVLAN_MODE_VEPA;
  if (mode == "passthru") return MACVLAN_MODE_PASSTHRU;
  return std::nullopt;
}

std::optional<std::uint32_t> ipvlan_mode(const std::string& mode) {
  if (mode.empty() || mode == "l2") return IPVLAN_MODE_L2;
  if (mode == "l3") return IPVLAN_MODE_L3;
  if (mode == "l3s") return IPVLAN_MODE_L3S;
  return std::nullopt;
}

}  // namespace

base::Result<std::optional<Link>> find_link(NetlinkSocket& socket, const std::string& name) {
  NetlinkBatch batch = socket.batch();
  batch.begin(RTM_GETLINK, 0, link_header(0));
  batch.put_text(IFLA_IFNAME, name);
  batch.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  std::optional<Link> found;
  auto asked =
      socket.query(batch, fmt::format("looking for link {}", name), [&](const NetlinkMessage& message) {
        if (message.type == RTM_NEWLINK) found = read_link(message);
      });
  if (asked) return found;
  if (asked.error().errno_value == ENODEV) return std::optional<Link>();
  return base::fail(std::move(asked).error());
}

base::Result<std::vector<Link>> list_links(NetlinkSocket& socket) {
  NetlinkBatch batch = socket.batch();
  batch.begin(RTM_GETLINK, NLM_F_DUMP, link_header(0));
  batch.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  std::vector<Link> links;
  TRY(socket.query(batch, "listing links", [&](const NetlinkMessage& message) {
    if (message.type == RTM_NEWLINK) links.push_back(read_link(message));
  }));
  return links;
}

base::Result<std::vector<LinkPrefix>> list_addresses(NetlinkSocket& socket) {
  NetlinkBatch batch = socket.batch();
  batch.begin(RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{});
  std::vector<LinkPrefix> addresses;
  TRY(socket.query(batch, "listing addresses", [&](const NetlinkMessage& message) {
    if (message.type != RTM_NEWADDR) return;
    const auto header = message.header<ifaddrmsg>();
    LinkPrefix address{static_cast<int>(header.ifa_index), {}, header.ifa_prefixlen};
    each_attribute(message.attributes<ifaddrmsg>(), [&](const NetlinkAttribute& attribute) {
      const bool own =
          attribute.type == IFA_LOCAL || (attribute.type == IFA_ADDRESS && address.bytes.empty());
      if (own) address.bytes = attribute.data;
    });
    addresses.push_back(std::move(address));
  }));
  return addresses;
}

base::Result<std::vector<LinkPrefix>> list_routes(NetlinkSocket& socket) {
  NetlinkBatch batch = socket.batch();
  batch.begin(RTM_GETROUTE, NLM_F_DUMP, rtmsg{});
  std::vector<LinkPrefix> routes;
  TRY(socket.query(batch, "listing routes", [&](const NetlinkMessage& message) {
    const auto header = message.header<rtmsg>();
    if (message.type != RTM_NEWROUTE || header.rtm_table != RT_TABLE_MAIN || header.rtm_dst_len == 0) return;
    LinkPrefix route{0, {}, header.rtm_dst_len};
    each_attribute(message.attributes<rtmsg>(), [&](const NetlinkAttribute& attribute) {
      if (attribute.type == RTA_DST) route.bytes = attribute.data;
      if (attribute.type == RTA_OIF) route.link = static_cast<int>(attribute.u32());
    });
    if (!route.bytes.empty()) routes.push_back(std::move(route));
  }));
  return routes;
}

void add_bridge(NetlinkBatch& batch, const BridgeRequest& request) {
  batch.begin(RTM_NEWLINK, kCreate, link_header(0));
  batch.put_text(IFLA_IFNAME, request.name);
  batch.put(IFLA_ADDRESS, bytes_of(request.mac));
  if (request.mtu != 0) batch.put_u32(IFLA_MTU, request.mtu);
  batch.nest(IFLA_LINKINFO, [&] { batch.put_text(IFLA_INFO_KIND, "bridge"); });
}

void add_veth(NetlinkBatch& batch, const VethRequest& request) {
  batch.begin(RTM_NEWLINK, kCreate, link_header(0));
  batch.put_text(IFLA_IFNAME, request.name);
  if (request.mtu != 0) batch.put_u32(IFLA_MTU, request.mtu);
  if (request.master != 0) batch.put_u32(IFLA_MASTER, static_cast<std::uint32_t>(request.master));
  batch.nest(IFLA_LINKINFO, [&] {
    batch.put_text(IFLA_INFO_KIND, "veth");
    batch.nest(IFLA_INFO_DATA, [&] {
      batch.nest(VETH_INFO_PEER, [&] {
        const ifinfomsg header = link_header(0);
        batch.append(&header, sizeof header);
        batch.put_text(IFLA_IFNAME, request.peer_name);
        batch.put(IFLA_ADDRESS, bytes_of(request.peer_mac));
        if (request.mtu != 0) batch.put_u32(IFLA_MTU, request.mtu);
        if (request.peer_netns >= 0) {
          batch.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(request.peer_netns));
        }
      });
    });
  });
}

base::Result<> add_sublink(NetlinkBatch& batch, const SublinkRequest& request) {
  const bool macvlan = request.kind == "macvlan";
  const auto mode = macvlan ? macvlan_mode(request.mode) : ipvlan_mode(request.mode);
  if (!mode) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} has no mode \"{}\"", request.kind, request.mode));
  }
  batch.begin(RTM_NEWLINK, kCreate, link_header(0));
  batch.put_text(IFLA_IFNAME, request.name);
  batch.put_u32(IFLA_LINK, static_cast<std::uint32_t>(request.parent));
  if (request.netns >= 0) batch.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(request.netns));
  if (macvlan && request.mac != MacAddress{}) batch.put(IFLA_ADDRESS, bytes_of(request.mac));
  if (request.mtu != 0) batch.put_u32(IFLA_MTU, request.mtu);
  batch.nest(IFLA_LINKINFO, [&] {
    batch.put_text(IFLA_INFO_KIND, request.kind);
    batch.nest(IFLA_INFO_DATA, [&] {
      if (macvlan) batch.put_u32(IFLA_MACVLAN_MODE, *mode);
      if (!macvlan) batch.put_u16(IFLA_IPVLAN_MODE, static_cast<std::uint16_t>(*mode));
    });
  });
  return {};
}

void set_link_silent(NetlinkBatch& batch, int link) {
  batch.begin(RTM_NEWLINK, 0, link_header(link));
  put_no_link_local(batch);
}

void set_link_silent(NetlinkBatch& batch, const std::string& name) {
  batch.begin(RTM_NEWLINK, 0, link_header(0));
  batch.put_text(IFLA_IFNAME, name);
  put_no_link_local(batch);
}

void set_link_up(NetlinkBatch& batch, int link) { batch.begin(RTM_NEWLINK, 0, link_header(link, IFF_UP)); }

void set_link_up(NetlinkBatch& batch, const std::string& name) {
  batch.begin(RTM_NEWLINK, 0, link_header(0, IFF_UP));
  batch.put_text(IFLA_IFNAME, name);
}

void set_link_group(NetlinkBatch& batch, int link, std::uint32_t group) {
  batch.begin(RTM_NEWLINK, 0, link_header(link));
  batch.put_u32(IFLA_GROUP, group);
}

void set_port_isolated(NetlinkBatch& batch, int port) {
  ifinfomsg header = link_header(port);
  header.ifi_family = AF_BRIDGE;
  batch.begin(RTM_SETLINK, 0, header);
  batch.nest(IFLA_PROTINFO | NLA_F_NESTED, [&] { batch.put_u8(IFLA_BRPORT_ISOLATED, 1); });
}

void delete_link(NetlinkBatch& batch, int link) { batch.begin(RTM_DELLINK, 0, link_header(link)); }

void delete_link_group(NetlinkBatch& batch, std::uint32_t group) {
  batch.begin(RTM_DELLINK, 0, link_header(0));
  batch.put_u32(IFLA_GROUP, group);
}

void add_address(NetlinkBatch& batch, const LinkPrefix& address) {
  const bool v6 = address.bytes.size() == 16;
  ifaddrmsg header{};
  header.ifa_family = v6 ? AF_INET6 : AF_INET;
  header.ifa_prefixlen = static_cast<std::uint8_t>(address.prefix);
  header.ifa_index = static_cast<std::uint32_t>(address.link);
  header.ifa_flags = v6 ? IFA_F_NODAD : 0;
  batch.begin(RTM_NEWADDR, kCreate, header);
  batch.put(IFA_LOCAL, address.bytes);
  batch.put(IFA_ADDRESS, address.bytes);
  if (v6 || address.prefix >= 31) return;
  std::string broadcast = address.bytes;
  for (unsigned bit = address.prefix; bit < 32; ++bit) {
    broadcast[bit / 8] = static_cast<char>(broadcast[bit / 8] | (0x80 >> (bit % 8)));
  }
  batch.put(IFA_BROADCAST, broadcast);
}

void add_default_route(NetlinkBatch& batch, int link, const std::string& gateway) {
  rtmsg header{};
  header.rtm_family = gateway.size() == 16 ? AF_INET6 : AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_BOOT;
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_UNICAST;
  batch.begin(RTM_NEWROUTE, kCreate, header);
  batch.put(RTA_GATEWAY, gateway);
  batch.put_u32(RTA_OIF, static_cast<std::uint32_t>(link));
}

}  // namespace sys
