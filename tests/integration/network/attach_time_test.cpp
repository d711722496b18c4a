// SPDX-License-Identifier: Apache-2.0
#include <linux/netlink.h>

#include <ctime>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "integration/network/network_lab.h"
#include "runtime/network/endpoint_links.h"
#include "runtime/network/endpoint_names.h"
#include "runtime/network/resolver_port.h"
#include "runtime/network/ruleset.h"
#include "sys/netns.h"
#include "sys/nftables.h"

using lab::Machine;

namespace {

/// Processor time of this thread, the kernel's work for it included: other load does not disturb it.
double microseconds(const std::function<void()>& work) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
  };
  const double start = now();
  work();
  return now() - start;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

// Hidden: run with "[time]" to see where an attachment's time goes.
TEST_CASE("time of an attachment, part by part", "[.time]") {
  Machine machine;
  model::NetworkSpec network;
  network.name = "front";
  const auto record = machine.create(network);
  model::ContainerSpec spec;
  spec.endpoints = {{.network = "front"}};
  std::vector<double> links, resolver, whole, leases, ensures, ports, names, unshares;
  for (int i = 0; i < 50; ++i) {
    const std::string name = fmt::format("web-{}", i);
    runtime::network::NetworkPlan plan;
    leases.push_back(microseconds([&] { plan = machine.plan(name, spec); }));
    ensures.push_back(microseconds([&] {
      lab::require_ok(runtime::network::ensure_network(machine.installation(), machine.store(), record));
    }));
    lab::in_netns(machine.host(), [&] {
      links.push_back(microseconds([&] { lab::require_ok(runtime::network::attach_links(plan)); }));
      resolver.push_back(
          microseconds([&] { lab::require_value(runtime::network::open_resolver_sockets()); }));
    });
    lab::in_netns(machine.host(), [&] {
      unshares.push_back(microseconds([&] { lab::require_ok(sys::enter_new_netns()); }));
    });
    names.push_back(microseconds([&] { lab::require_ok(runtime::network::add_names(plan)); }));
    plan.ports = {
        {"", static_cast<std::uint16_t>(20000 + i), 0, 80, "tcp", plan.endpoints[0].ipv4_address, ""}};
    lab::in_netns(machine.host(), [&] {
      std::unique_ptr<runtime::network::AttachedNetwork> attached;
      whole.push_back(
          microseconds([&] { attached = lab::require_value(runtime::network::apply_endpoints(plan)); }));
    });
    lab::in_netns(machine.host(), [&] {
      auto socket = lab::require_value(sys::NetlinkSocket::open(NETLINK_NETFILTER));
      const auto address = *runtime::network::parse_ip_address("172.17.0.2");
      ports.push_back(microseconds([&] {
        lab::require_ok(runtime::network::add_elements(
            socket, machine.installation().name,
            {runtime::network::port_element({}, static_cast<std::uint16_t>(30000 + i), 6, address, 80)}));
      }));
    });
  }
  WARN(fmt::format(
      "lease and plan {:.0f} us, ensure {:.0f} us, namespace alone {:.0f} us, with links {:.0f} us, "
      "resolver {:.0f} us, names {:.0f} us, one port {:.0f} us, everything with a port {:.0f} us",
      median(leases), median(ensures), median(unshares), median(links), median(resolver), median(names),
      median(ports), median(whole)));
  std::vector<double> removal;
  removal.push_back(microseconds([&] { machine.remove("front"); }));
  WARN(fmt::format("removing the network {:.0f} us", removal.front()));
}
