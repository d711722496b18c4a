// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "runtime/network/endpoint_plan.h"

namespace runtime::network {

/// Whether links of this MTU (0: the default) have an IPv6 address of their own that could be left out.
bool can_be_silent(std::uint32_t mtu);

/// Lets clients on the host's 127.0.0.1 reach published ports: their packets leave by a bridge, which the
/// kernel refuses unless told otherwise (route_localnet). In the host's namespace.
base::Result<> allow_loopback_clients(const NetworkPlan& plan);

/// Leaves the caller's network namespace for a new one and makes the plan's links, addresses and routes in
/// it. One message makes a veth with its inner end in place: moving it there would cost 30 ms.
/// NotFound: the bridge or parent link is not there.
base::Result<> attach_links(const NetworkPlan& plan);

}  // namespace runtime::network
