// SPDX-License-Identifier: Apache-2.0
#include "monitor/container_network.h"

namespace runtime::network {
class AttachedNetwork {};
}  // namespace runtime::network

namespace monitor {

ContainerNetwork::ContainerNetwork(std::unique_ptr<runtime::network::AttachedNetwork> attached)
    : attached_(std::move(attached)) {}
ContainerNetwork::ContainerNetwork(ContainerNetwork&&) noexcept = default;
ContainerNetwork::~ContainerNetwork() {
  // Only after a failure is there something left to take back; the failure is what the user hears.
  (void)remove();
}

base::Result<ContainerNetwork> ContainerNetwork::set_up(std::string_view network_plan, sys::EventLoop&) {
  if (network_plan.empty()) return ContainerNetwork(nullptr);
  return base::fail(base::ErrorClass::Unsupported, "this build has no container networks");
}

std::string ContainerNetwork::state() const { return {}; }

base::Result<> ContainerNetwork::remove() { return {}; }

}  // namespace monitor
