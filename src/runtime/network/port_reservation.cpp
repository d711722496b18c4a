// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/port_reservation.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <fmt/format.h>

#include "runtime/network/ruleset.h"
#include "sys/descriptor_room.h"

namespace runtime::network {
namespace {

constexpr int kFreePortAttempts = 32;
constexpr std::size_t kManyPorts = 64;  // beyond it the usual limit of open files may be too low

sys::Transport transport_of(const std::string& protocol) {
  if (protocol == "udp") return sys::Transport::Udp;
  return protocol == "sctp" ? sys::Transport::Sctp : sys::Transport::Tcp;
}

std::string describe(const IpAddress& address, std::uint16_t port, const std::string& protocol) {
  const bool v6 = address.family == IpFamily::V6;
  return fmt::format("{}{}{}:{}/{}", v6 ? "[" : "", to_text(address), v6 ? "]" : "", port, protocol);
}

base::Error explain(const base::Error& error, const IpAddress& address, std::uint16_t port,
                    const std::string& protocol) {
  const std::string what = describe(address, port, protocol);
  base::Error clear = error;
  if (error.errno_value == EADDRINUSE) {
    clear = base::make_error(base::ErrorClass::Conflict, fmt::format("host port {} is already in use", what));
    clear.hint = fmt::format(
        "stop what listens there (ss -lnp 'sport = :{}' names it), or publish another port", port);
  } else if (error.errno_value == EADDRNOTAVAIL) {
    clear = base::make_error(base::ErrorClass::Invalid,
                             fmt::format("cannot publish on {}: the address is not of this machine", what));
  } else {
    clear = std::move(clear).while_doing(fmt::format("reserving host port {}", what));
  }
  clear.errno_value = error.errno_value;
  return clear;
}

/// The kernel has no such address family or protocol: there is nothing that could clash.
bool is_absent(const base::Error& error) {
  return error.errno_value == EAFNOSUPPORT || error.errno_value == EPROTONOSUPPORT ||
         error.errno_value == ESOCKTNOSUPPORT;
}

std::vector<IpAddress> addresses_of(const PublishPlan& plan) {
  const auto asked = parse_ip_address(plan.host_ip);
  if (asked) return {*asked};
  return {IpAddress{IpFamily::V4, {}}, IpAddress{IpFamily::V6, {}}};
}

/// Binds one port number on every address; 0 lets the kernel choose for the first.
base::Result<HeldPort> hold(const PublishPlan& plan, std::uint16_t port) {
  HeldPort held{plan, port, {}};
  const std::vector<IpAddress> addresses = addresses_of(plan);
  for (const IpAddress& address : addresses) {
    auto socket =
        sys::bind_socket(transport_of(plan.protocol), {std::string(address.data()), held.host_port});
    if (socket) {
      if (held.host_port == 0) held.host_port = TRY(sys::bound_port(socket->value()));
      held.sockets.push_back({address, std::move(*socket)});
      continue;
    }
    const base::Error& error = socket.error();
    // Without IPv6 on the machine "every address" means every IPv4 one.
    const bool no_ipv6 =
        address.family == IpFamily::V6 && addresses.size() > 1 && error.errno_value == EADDRNOTAVAIL;
    if (no_ipv6 || (is_absent(error) && addresses.size() > 1 && address.family == IpFamily::V6)) continue;
    if (is_absent(error) && held.host_port != 0) {
      held.sockets.push_back({address, sys::UniqueFd()});
      continue;
    }
    return base::fail(explain(error, address, held.host_port, plan.protocol));
  }
  return held;
}

base::Result<HeldPort> hold_one_of(const PublishPlan& plan) {
  const bool range = plan.host_port_end > plan.host_port;
  if (!range && plan.host_port != 0) return hold(plan, plan.host_port);
  const int attempts = range ? plan.host_port_end - plan.host_port + 1 : kFreePortAttempts;
  for (int i = 0; i < attempts; ++i) {
    auto held = hold(plan, range ? static_cast<std::uint16_t>(plan.host_port + i) : std::uint16_t{0});
    if (held || held.error().errno_value != EADDRINUSE) return held;
  }
  if (!range) return base::fail(base::ErrorClass::Conflict, "no free host port was found");
  return base::fail(base::make_error(base::ErrorClass::Conflict,
                                     fmt::format("every host port from {} to {}/{} is already in use",
                                                 plan.host_port, plan.host_port_end, plan.protocol))
                        .with_hint("publish a wider range, or remove what holds the ports"));
}

}  // namespace

base::Result<std::vector<HeldPort>> reserve_ports(const std::vector<PublishPlan>& plans) {
  std::vector<HeldPort> ports;
  ports.reserve(plans.size());
  std::optional<sys::DescriptorRoom> room;
  if (plans.size() > kManyPorts) room.emplace();
  // Fixed ports first: one chosen freely must not take theirs.
  for (const bool fixed : {true, false}) {
    for (const PublishPlan& plan : plans) {
      const bool is_fixed = plan.host_port != 0 && plan.host_port_end <= plan.host_port;
      if (is_fixed != fixed) continue;
      ports.push_back(TRY(hold_one_of(plan)));
      if (!room) continue;
      for (HeldPort::Held& held : ports.back().sockets) {
        if (held.socket.valid()) held.socket = TRY(room->keep(std::move(held.socket)));
      }
    }
  }
  return ports;
}

std::vector<sys::NftElement> port_elements(const std::vector<HeldPort>& ports) {
  std::vector<sys::NftElement> elements;
  for (const HeldPort& port : ports) {
    const auto protocol = protocol_number(port.plan.protocol);
    for (const HeldPort::Held& held : port.sockets) {
      const bool v4 = held.at.family == IpFamily::V4;
      const auto target = parse_ip_address(v4 ? port.plan.ipv4_target : port.plan.ipv6_target);
      const bool unreachable = !v4 && held.at.is_loopback();
      if (!target || !protocol || unreachable) continue;
      elements.push_back(port_element(held.at, port.host_port, *protocol, *target, port.plan.container_port));
    }
  }
  return elements;
}

std::vector<model::PublishedPort> published_ports(const std::vector<HeldPort>& ports) {
  std::vector<model::PublishedPort> published;
  for (const HeldPort& port : ports) {
    for (const HeldPort::Held& held : port.sockets) {
      published.push_back({to_text(held.at), port.host_port, port.plan.container_port, port.plan.protocol});
    }
  }
  return published;
}

}  // namespace runtime::network
