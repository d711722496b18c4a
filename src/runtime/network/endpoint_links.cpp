// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/endpoint_links.h"

#include <linux/netlink.h>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/network/ip_address.h"
#include "sys/netns.h"
#include "sys/random.h"
#include "sys/rtnetlink.h"

namespace runtime::network {
namespace {

constexpr int kLoopback = 1;
constexpr std::uint32_t kSmallestIpv6Mtu = 1280;  // RFC 8200 section 5
constexpr unsigned kLinkLocalPrefix4 = 16, kLinkLocalPrefix6 = 64;

/// Not the container's name alone: an earlier namespace of the same container may still be going away.
std::string outer_name(const std::string& container_id) {
  return fmt::format("cv-{}{:06x}", container_id.substr(0, 6), sys::random_number() & 0xffffff);
}

sys::MacAddress mac_of(const EndpointPlan& endpoint) {
  return parse_mac_address(endpoint.mac_address).value_or(sys::MacAddress{});
}

/// A link as seen from outside: its parent's index and the name of our end.
struct Attachment {
  int parent = 0;
  std::string outer;
};

base::Result<std::vector<Attachment>> find_parents(sys::NetlinkSocket& host, const NetworkPlan& plan) {
  std::vector<Attachment> attachments;
  for (const EndpointPlan& endpoint : plan.endpoints) {
    const auto link = TRY(sys::find_link(host, endpoint.parent));
    if (!link) {
      return base::fail(base::ErrorClass::NotFound, fmt::format("network {}: link {} is missing",
                                                                endpoint.network_name, endpoint.parent));
    }
    attachments.push_back({link->index, outer_name(plan.container_id)});
  }
  return attachments;
}

base::Result<> put_link(sys::NetlinkBatch& batch, const EndpointPlan& endpoint, const Attachment& attachment,
                        int netns) {
  if (endpoint.driver == Driver::Bridge) {
    sys::VethRequest veth;
    veth.name = attachment.outer;
    veth.master = attachment.parent;
    veth.peer_name = endpoint.interface_name;
    veth.peer_netns = netns;
    veth.peer_mac = mac_of(endpoint);
    veth.mtu = endpoint.mtu;
    sys::add_veth(batch, veth);
    // A port needs no address, and every packet it sends on its own behalf goes to all other ports.
    if (can_be_silent(endpoint.mtu)) sys::set_link_silent(batch, veth.name);
    sys::set_link_up(batch, veth.name);
    return {};
  }
  sys::SublinkRequest sublink;
  sublink.kind = to_text(endpoint.driver);
  sublink.mode = endpoint.mode;
  sublink.name = endpoint.interface_name;
  sublink.parent = attachment.parent;
  sublink.netns = netns;
  sublink.mac = mac_of(endpoint);
  sublink.mtu = endpoint.mtu;
  return sys::add_sublink(batch, sublink);
}

base::Result<> isolate_ports(sys::NetlinkSocket& host, const NetworkPlan& plan,
                             const std::vector<Attachment>& attachments) {
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    if (!plan.endpoints[i].isolated || plan.endpoints[i].driver != Driver::Bridge) continue;
    const auto port = TRY(sys::find_link(host, attachments[i].outer));
    if (!port) continue;
    sys::NetlinkBatch batch = host.batch();
    sys::set_port_isolated(batch, port->index);
    TRY(host.execute(batch, fmt::format("isolating port {}", attachments[i].outer)));
  }
  return {};
}

void put_address(sys::NetlinkBatch& batch, int link, const std::string& text, unsigned prefix) {
  const auto address = parse_ip_address(text);
  if (address) sys::add_address(batch, {link, std::string(address->data()), prefix});
}

void put_route(sys::NetlinkBatch& batch, int link, const std::string& gateway) {
  const auto address = parse_ip_address(gateway);
  if (address) sys::add_default_route(batch, link, std::string(address->data()));
}

/// Everything that is set from inside, in one call.
base::Result<> configure(const NetworkPlan& plan) {
  sys::NetlinkSocket inside = TRY(sys::NetlinkSocket::open(NETLINK_ROUTE));
  std::vector<int> links;
  for (const EndpointPlan& endpoint : plan.endpoints) {
    const auto link = TRY(sys::find_link(inside, endpoint.interface_name));
    if (!link) {
      return base::fail(base::ErrorClass::Internal,
                        fmt::format("link {} did not appear", endpoint.interface_name));
    }
    links.push_back(link->index);
  }
  sys::NetlinkBatch batch = inside.batch();
  sys::set_link_up(batch, kLoopback);
  for (std::size_t i = 0; i < links.size(); ++i) {
    const EndpointPlan& endpoint = plan.endpoints[i];
    if (endpoint.ipv6_address.empty() && can_be_silent(endpoint.mtu)) sys::set_link_silent(batch, links[i]);
    sys::set_link_up(batch, links[i]);
    put_address(batch, links[i], endpoint.ipv4_address, endpoint.ipv4_prefix);
    put_address(batch, links[i], endpoint.ipv6_address, endpoint.ipv6_prefix);
    for (const std::string& address : endpoint.link_local_addresses) {
      const bool v6 = address.find(':') != std::string::npos;
      put_address(batch, links[i], address, v6 ? kLinkLocalPrefix6 : kLinkLocalPrefix4);
    }
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    put_route(batch, links[i], plan.endpoints[i].ipv4_gateway);
    put_route(batch, links[i], plan.endpoints[i].ipv6_gateway);
  }
  return inside.execute(batch, "setting addresses and routes of the container");
}

/// What images expect: any user may listen on low ports and ping.
base::Result<> relax_settings(const NetworkPlan& plan) {
  TRY(sys::write_sysctl("net/ipv4/ip_unprivileged_port_start", "0"));
  TRY(sys::write_sysctl("net/ipv4/ping_group_range", "0 2147483647"));
  for (const EndpointPlan& endpoint : plan.endpoints) {
    if (endpoint.ipv6_address.empty()) continue;
    TRY(sys::write_sysctl(fmt::format("net/ipv6/conf/{}/accept_ra", endpoint.interface_name), "0"));
  }
  for (const EndpointPlan& endpoint : plan.endpoints) {
    for (const std::string& setting : endpoint.sysctls) {
      const auto [name, value] = base::split_once(setting, '=');
      TRY(sys::write_sysctl(std::string(name), std::string(value)));
    }
  }
  return {};
}

}  // namespace

bool can_be_silent(std::uint32_t mtu) {
  return (mtu == 0 || mtu >= kSmallestIpv6Mtu) && sys::has_ipv6_support();
}

base::Result<> allow_loopback_clients(const NetworkPlan& plan) {
  for (const EndpointPlan& endpoint : plan.endpoints) {
    if (endpoint.driver != Driver::Bridge || endpoint.ipv4_address.empty()) continue;
    bool target = false;
    for (const PublishPlan& port : plan.ports) target = target || port.ipv4_target == endpoint.ipv4_address;
    if (!target) continue;
    const std::string name = fmt::format("net/ipv4/conf/{}/route_localnet", endpoint.parent);
    if (TRY(sys::read_sysctl(name)) != "1") TRY(sys::write_sysctl(name, "1"));
  }
  return {};
}

base::Result<> attach_links(const NetworkPlan& plan) {
  sys::NetlinkSocket host = TRY(sys::NetlinkSocket::open(NETLINK_ROUTE));
  const std::vector<Attachment> attachments = TRY(find_parents(host, plan));
  TRY(sys::enter_new_netns());
  const sys::UniqueFd own = TRY(sys::open_own_netns());
  sys::NetlinkBatch batch = host.batch();
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    TRY(put_link(batch, plan.endpoints[i], attachments[i], own.value()));
  }
  if (batch.count() > 0) {
    TRY(host.execute(
        batch, fmt::format("plugging container {} into its networks", plan.container_id.substr(0, 12))));
  }
  TRY(isolate_ports(host, plan, attachments));
  TRY(configure(plan));
  return relax_settings(plan);
}

}  // namespace runtime::network
