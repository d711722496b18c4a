// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/observed.h"
#include "runtime/network/endpoint_plan.h"
#include "runtime/network/ip_address.h"
#include "sys/fd.h"
#include "sys/ip_socket.h"
#include "sys/nftables.h"

namespace runtime::network {

/// One host port held by sockets, so that nobody else takes it. What the table leads to the container never
/// reaches them; what it cannot (::1, another address family) does, and is carried by PortRelay.
struct HeldPort {
  PublishPlan plan;
  std::uint16_t host_port = 0;  ///< The one that was chosen.
  struct Held {
    IpAddress at;          ///< Host address; unspecified for all of its family.
    sys::UniqueFd socket;  ///< Empty where the kernel has no such protocol.
  };
  std::vector<Held> sockets;
};

/// Binds every port, in the caller's network namespace. From a range the first free one is taken.
/// Conflict: "host port 0.0.0.0:8080/tcp is already in use". Invalid: not an address of this machine.
base::Result<std::vector<HeldPort>> reserve_ports(const std::vector<PublishPlan>& plans);

/// What leads the ports to the container: elements for ruleset.h.
std::vector<sys::NftElement> port_elements(const std::vector<HeldPort>& ports);
/// As users see them: one entry an address.
std::vector<model::PublishedPort> published_ports(const std::vector<HeldPort>& ports);

}  // namespace runtime::network
