// SPDX-License-Identifier: Apache-2.0
#include "monitor/container_network.h"

#include <fcntl.h>
#include <sched.h>

#include "runtime/network/endpoint_apply.h"
#include "sys/clone.h"
#include "sys/file.h"

namespace monitor {

ContainerNetwork::ContainerNetwork(std::unique_ptr<runtime::network::AttachedNetwork> attached)
    : attached_(std::move(attached)) {}
ContainerNetwork::ContainerNetwork(ContainerNetwork&&) noexcept = default;
ContainerNetwork::~ContainerNetwork() {
  // Only after a failure is there something left to take back; the failure is what the user hears.
  (void)remove();
}

base::Result<ContainerNetwork> ContainerNetwork::set_up(std::string_view network_plan, sys::EventLoop& loop) {
  if (network_plan.empty()) return ContainerNetwork(nullptr);
  const auto plan = TRY(runtime::network::decode_network_plan(network_plan));
  ContainerNetwork network(TRY(runtime::network::apply_endpoints(plan)));
  TRY(network.attached_->serve(loop));
  return network;
}

base::Result<ContainerNetwork> ContainerNetwork::join(const std::string& path) {
  const sys::UniqueFd file = TRY(sys::open_file(path, O_RDONLY));
  TRY(sys::join_namespaces(file.value(), CLONE_NEWNET, path));
  return ContainerNetwork(nullptr);
}

std::string ContainerNetwork::state() const {
  return attached_ ? runtime::network::encode(attached_->state()) : std::string();
}

base::Result<> ContainerNetwork::remove() {
  if (!attached_) return {};
  auto removed = attached_->remove();
  attached_.reset();
  return removed;
}

}  // namespace monitor
