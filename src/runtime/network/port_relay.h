// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/result.h"
#include "runtime/network/port_reservation.h"
#include "sys/event_loop.h"

namespace runtime::network {

/// Carries what arrives at held host ports to the container in user space, TCP and UDP, from the event
/// loop of the monitor. Connections to the container are made from the host's namespace, so that they do
/// not look like its own loopback. Limits: 256 connections or UDP clients a container; a UDP client is
/// forgotten after a minute of silence.
class PortRelay {
 public:
  /// `host_netns` is borrowed; `loop` outlives this object; the sockets of `ports` become its own.
  static base::Result<std::unique_ptr<PortRelay>> start(sys::EventLoop& loop, std::vector<HeldPort> ports,
                                                        int host_netns);
  ~PortRelay();
  PortRelay(const PortRelay&) = delete;
  PortRelay& operator=(const PortRelay&) = delete;

 private:
  struct Door;
  struct Side;
  struct Connection;
  struct Client;
  using ClientKey = std::pair<int, sys::IpEndpoint>;

  PortRelay(sys::EventLoop& loop, int host_netns);
  void on_connections(Door& door);
  void connect(Door& door, sys::UniqueFd client);
  void on_stream(std::uint64_t id, int side, std::uint32_t events);
  void close(std::uint64_t id);
  void on_datagrams(Door& door);
  Client* find_client(Door& door, const sys::IpEndpoint& from);
  void on_answers(Door& door, const ClientKey& key);
  void forget_silent_clients();

  sys::EventLoop& loop_;
  int host_netns_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::map<ClientKey, std::unique_ptr<Client>> clients_;
  std::uint64_t next_connection_ = 1;
  sys::EventLoop::TimerId sweep_ = 0;
};

}  // namespace runtime::network
