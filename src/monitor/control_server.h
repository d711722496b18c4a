// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "monitor/control_client.h"
#include "monitor/supervisor.h"
#include "sys/event_loop.h"
#include "sys/fd.h"

namespace monitor {

/// Answers on the container's control socket (protocol: runtime/container/monitor_protocol.h) and carries
/// its streams to and from attached clients. A client with Delivery::Complete makes the container wait;
/// any other that does not keep up is disconnected. Nobody can make the monitor itself wait.
class ControlServer {
 public:
  ControlServer(sys::EventLoop& loop, Supervisor& supervisor, const runtime::container::MonitorPlan& plan);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  base::Result<> listen();
  /// For the supervisor's events.
  SupervisorEvents make_events();

  /// No more connections, and no socket file.
  void stop_listening();
  /// The container has ended and nothing of it is left: all clients get their answers.
  void finish();
  /// Someone who must get all output has not taken it yet.
  bool has_unsent() const;

 private:
  void on_connection();
  void on_client(int fd, std::uint32_t events);
  void handle(ControlClient& client, std::string_view message);
  void handle_attach(ControlClient& client, std::string_view payload);
  void handle_release(ControlClient& client);
  void reply(ControlClient& client, const base::Result<>& result);
  void broadcast(runtime::container::LogStream stream, std::string_view data);
  void process_ended(int exit_code);
  /// Brings watches, back-pressure and the list of clients in line with what has happened.
  void settle();
  void drop_broken();
  std::uint32_t events_for(const ControlClient& client) const;

  sys::EventLoop& loop_;
  Supervisor& supervisor_;
  const runtime::container::MonitorPlan& plan_;
  std::string path_;
  sys::UniqueFd listener_;
  std::list<ControlClient> clients_;
  sys::EventLoop::TimerId hold_timer_ = 0;
};

}  // namespace monitor
