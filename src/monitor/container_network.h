// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/event_loop.h"

namespace runtime::network {
class AttachedNetwork;
}

namespace monitor {

/// The network of one container as its plan says, or none of its own when there is no plan.
class ContainerNetwork {
 public:
  /// Moves this process into the container's network namespace and sets everything up there.
  static base::Result<ContainerNetwork> set_up(std::string_view network_plan, sys::EventLoop& loop);
  /// Moves this process into another container's namespace ("/proc/<pid>/ns/net"), where all is set up.
  static base::Result<ContainerNetwork> join(const std::string& path);
  ContainerNetwork(ContainerNetwork&&) noexcept;
  ~ContainerNetwork();

  /// For the starter: what runtime/network says about ports; empty without a network.
  std::string state() const;
  /// Takes back what lies outside of the namespace. Later calls do nothing.
  base::Result<> remove();

 private:
  explicit ContainerNetwork(std::unique_ptr<runtime::network::AttachedNetwork> attached);
  std::unique_ptr<runtime::network::AttachedNetwork> attached_;
};

}  // namespace monitor
