// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/network/dns_message.h"
#include "runtime/network/resolver.h"
#include "sys/event_loop.h"
#include "sys/ip_socket.h"

namespace runtime::network {

/// Passes queries on to upstream servers, one after the other until one answers. Each query has a socket
/// of its own with a random port, and a random ID, so that answers are hard to forge (RFC 5452).
class DnsForwarder {
 public:
  /// What came back, with the query's own ID; empty: nobody answered.
  using Done = std::function<void(std::string reply)>;
  using AskId = std::uint64_t;  ///< Never 0.

  DnsForwarder(sys::EventLoop& loop, const ResolverSettings& settings);
  ~DnsForwarder();
  DnsForwarder(const DnsForwarder&) = delete;
  DnsForwarder& operator=(const DnsForwarder&) = delete;

  /// Calls `done` later and once, never from within. 0: too many are on their way.
  AskId ask(DnsQuery query, std::string packet, sys::Transport via, Done done);
  /// `done` will not be called.
  void forget(AskId id);

 private:
  struct Ask;
  void try_next(Ask& ask);
  bool start(Ask& ask, const IpAddress& server);
  void on_event(AskId id, std::uint32_t events);
  bool read_datagram(Ask& ask);
  bool exchange_stream(Ask& ask);
  void take_reply(Ask& ask, std::string reply);
  void close(Ask& ask);
  void finish(Ask& ask, std::string reply);

  sys::EventLoop& loop_;
  std::vector<IpAddress> servers_;
  std::uint16_t port_;
  int netns_;
  std::map<AskId, std::unique_ptr<Ask>> asks_;
  AskId next_id_ = 1;
};

}  // namespace runtime::network
