// SPDX-License-Identifier: Apache-2.0
#include "runtime/network/endpoint_apply.h"

#include <linux/netlink.h>

#include <cerrno>

#include <fmt/format.h>

#include "runtime/network/endpoint_links.h"
#include "runtime/network/endpoint_names.h"
#include "runtime/network/port_file.h"
#include "runtime/network/port_relay.h"
#include "runtime/network/port_reservation.h"
#include "runtime/network/resolver.h"
#include "runtime/network/resolver_port.h"
#include "runtime/network/ruleset.h"
#include "sys/conntrack.h"
#include "sys/netns.h"

namespace runtime::network {
namespace {

/// A network there is nothing to do for: the host's, or another container's.
class BorrowedNetwork final : public AttachedNetwork {
 public:
  const NetworkState& state() const override { return state_; }
  base::Result<> serve(sys::EventLoop&) override { return {}; }
  base::Result<> remove() override { return {}; }

 private:
  NetworkState state_;
};

class OwnNetwork final : public AttachedNetwork {
 public:
  explicit OwnNetwork(NetworkPlan plan) : plan_(std::move(plan)) {}
  base::Result<> set_up();

  const NetworkState& state() const override { return state_; }
  base::Result<> serve(sys::EventLoop& loop) override;
  base::Result<> remove() override;

 private:
  base::Result<> prepare_outside();
  base::Result<> publish();
  std::vector<std::uint16_t> udp_ports() const;

  NetworkPlan plan_;
  NetworkState state_;
  sys::UniqueFd host_netns_;
  std::optional<sys::NetlinkSocket> host_filter_;
  std::vector<HeldPort> held_;
  std::vector<sys::NftElement> elements_;
  ResolverSockets resolver_sockets_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<PortRelay> relay_;
  bool named_ = false;
};

/// Everything that belongs to the host's namespace, before it is left.
base::Result<> OwnNetwork::prepare_outside() {
  host_netns_ = TRY(sys::open_own_netns());
  if (plan_.ports.empty()) return {};
  held_ = TRY(reserve_ports(plan_.ports));
  state_.ports = published_ports(held_);
  elements_ = port_elements(held_);
  host_filter_.emplace(TRY(sys::NetlinkSocket::open(NETLINK_NETFILTER)));
  return allow_loopback_clients(plan_);
}

std::vector<std::uint16_t> OwnNetwork::udp_ports() const {
  std::vector<std::uint16_t> ports;
  for (const HeldPort& port : held_) {
    if (port.plan.protocol == "udp") ports.push_back(port.host_port);
  }
  return ports;
}

base::Result<> OwnNetwork::publish() {
  if (elements_.empty()) return {};
  const auto lock = TRY(lock_ports(plan_.installation));
  TRY(write_port_file(plan_.installation, plan_.container_id, elements_));
  TRY(add_elements(*host_filter_, plan_.installation.name, elements_));
  return sys::forget_udp_flows(*host_filter_, udp_ports());
}

base::Result<> OwnNetwork::set_up() {
  TRY(prepare_outside());
  TRY(attach_links(plan_));
  if (plan_.resolver.serve) resolver_sockets_ = TRY(open_resolver_sockets());
  TRY_WHILE(publish(), "publishing ports");
  named_ = true;
  return add_names(plan_);
}

base::Result<> OwnNetwork::serve(sys::EventLoop& loop) {
  if (plan_.resolver.serve && !resolver_) {
    ResolverSettings settings;
    for (const EndpointPlan& endpoint : plan_.endpoints) {
      settings.sources.push_back({endpoint.network_name, endpoint.names_directory});
    }
    settings.forward = plan_.resolver.forward;
    settings.upstreams = plan_.resolver.upstreams;
    settings.upstream_namespace = host_netns_.value();
    resolver_ = TRY(Resolver::start(loop, std::move(settings), std::move(resolver_sockets_.udp),
                                    std::move(resolver_sockets_.tcp)));
  }
  if (!held_.empty()) relay_ = TRY(PortRelay::start(loop, std::move(held_), host_netns_.value()));
  held_.clear();
  return {};
}

base::Result<> OwnNetwork::remove() {
  std::vector<base::Error> errors;
  const auto keep = [&](base::Result<> result) {
    if (!result) errors.push_back(std::move(result).error());
  };
  if (std::exchange(named_, false)) keep(remove_names(plan_));
  if (!elements_.empty()) {
    auto lock = lock_ports(plan_.installation);
    if (!lock) keep(base::fail(std::move(lock).error()));
    keep(delete_elements(*host_filter_, plan_.installation.name, elements_));
    keep(remove_port_file(plan_.installation, plan_.container_id));
    elements_.clear();
  }
  // The ports stay held until no element leads from them any more.
  relay_.reset();
  held_.clear();
  resolver_.reset();
  if (errors.empty()) return {};
  return base::fail(base::join_errors(std::move(errors)));
}

}  // namespace

base::Result<std::unique_ptr<AttachedNetwork>> apply_endpoints(const NetworkPlan& plan) {
  if (plan.mode == NamespaceMode::Host) return std::make_unique<BorrowedNetwork>();
  if (plan.mode == NamespaceMode::Join) {
    const sys::UniqueFd netns = TRY(sys::open_netns(plan.namespace_path));
    TRY(sys::enter_netns(netns.value()));
    return std::make_unique<BorrowedNetwork>();
  }
  auto network = std::make_unique<OwnNetwork>(plan);
  auto done = network->set_up();
  if (done) return network;
  base::Error error = std::move(done).error();
  auto undone = network->remove();
  if (!undone) error.also.push_back(std::move(undone).error());
  return base::fail(std::move(error));
}

base::Result<> remove_endpoints(const NetworkPlan& plan) {
  std::vector<base::Error> errors;
  const auto keep = [&](base::Result<> result) {
    if (!result) errors.push_back(std::move(result).error());
  };
  keep(remove_names(plan));
  if (!plan.ports.empty()) keep(sweep_ports(plan.installation, plan.container_id));
  if (errors.empty()) return {};
  return base::fail(base::join_errors(std::move(errors)));
}

}  // namespace runtime::network
