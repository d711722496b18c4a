// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/event_loop.h"
#include "sys/fd.h"

namespace runtime::network {

/// Where the resolver answers inside a container.
inline constexpr const char* kResolverAddress = "127.0.0.11";

/// One network whose names are answered.
struct NameSource {
  std::string network_name;
  std::string directory;  ///< Of name records, see name_record.h.
};

struct ResolverSettings {
  std::vector<NameSource> sources;
  bool forward = true;                 ///< Other names go to `upstreams`; else they are refused.
  std::vector<std::string> upstreams;  ///< IP addresses, tried in this order.
  std::uint16_t upstream_port = 53;
  int upstream_namespace = -1;  ///< Network namespace to ask from (borrowed); -1: the caller's.
};

/// A small DNS server for one container, driven by an event loop: A, AAAA and PTR of the names on the
/// container's networks (case does not matter, several addresses in changing order), everything else
/// forwarded. A name of ours without an address of the asked family is an empty answer. RFC 1035, 6891,
/// 7766. Limits: 256 questions on the way, 32 connections, 10 s of silence on a connection.
class Resolver {
 public:
  /// Takes bound sockets: `udp`, and `tcp` listening; both non-blocking.
  static base::Result<std::unique_ptr<Resolver>> start(sys::EventLoop& loop, ResolverSettings settings,
                                                       sys::UniqueFd udp, sys::UniqueFd tcp);
  virtual ~Resolver() = default;
};

}  // namespace runtime::network
