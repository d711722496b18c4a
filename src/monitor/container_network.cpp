// SPDX-License-Identifier: Apache-2.0
#include "monitor/container_network.h"

#include <fcntl.h>
#include <sched.h>

#include "sys/clone.h"
#include "sys/file.h"

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

base::Result<ContainerNetwork> ContainerNetwork::join(const std::string& path) {
  const sys::UniqueFd file = TRY(sys::open_file(path, O_RDONLY));
  TRY(sys::join_namespaces(file.value(), CLONE_NEWNET, path));
  return ContainerNetwork(nullptr);
}

std::string ContainerNetwork::state() const { return {}; }

base::Result<> ContainerNetwork::remove() { return {}; }

}  // namespace monitor
