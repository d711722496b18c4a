// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "sys/fd.h"
#include "sys/netlink_message.h"

namespace sys {

/// One netlink socket, bound to the network namespace its maker stood in. One thread at a time.
class NetlinkSocket {
 public:
  /// `protocol`: NETLINK_ROUTE, NETLINK_NETFILTER.
  static base::Result<NetlinkSocket> open(int protocol);

  /// A batch whose sequence numbers fit this socket. Send it before asking for the next.
  NetlinkBatch batch();

  /// Sends all messages in one call and waits until the kernel has done them. The first failure, as
  /// `what` with the kernel's own words; messages after a failed one are done all the same, except in a
  /// netfilter batch, which is one transaction.
  base::Result<> execute(NetlinkBatch& batch, std::string_view what);
  /// As execute for questions: every message of the answer goes to `each`.
  base::Result<> query(NetlinkBatch& batch, std::string_view what,
                       const std::function<void(const NetlinkMessage&)>& each);

  int fd() const { return fd_.value(); }

 private:
  explicit NetlinkSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  base::Result<> send(NetlinkBatch& batch, std::string_view what);
  UniqueFd fd_;
  std::uint32_t next_sequence_ = 1;
};

}  // namespace sys
