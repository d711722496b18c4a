// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "sys/netlink_socket.h"

namespace sys {

/// Ends the tracked UDP flows to these ports of this machine, so that their next packet is led anew: a
/// client that keeps sending would else stay with an address translation that is out of date, or with none.
/// `netfilter`: a socket of NETLINK_NETFILTER. Success where the kernel tracks no connections.
base::Result<> forget_udp_flows(NetlinkSocket& netfilter, const std::vector<std::uint16_t>& ports);

}  // namespace sys
