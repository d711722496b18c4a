// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/container/attach_client.h"
#include "runtime/container/log_format.h"
#include "runtime/container/monitor_protocol.h"
#include "sys/fd.h"

namespace monitor {

/// One connection to the control socket, and what waits to be sent on it.
class ControlClient {
 public:
  explicit ControlClient(sys::UniqueFd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.value(); }
  void reply_done();
  void reply_failed(const base::Error& error);
  void send(runtime::container::ControlKind kind, std::string_view payload);
  void send_output(runtime::container::LogStream stream, std::string_view data);

  /// Sends what waits, as far as the client takes it.
  void flush();
  bool blocked() const { return !waiting_.empty(); }
  /// The connection is of no use any more.
  bool broken() const { return broken_; }
  void give_up() { broken_ = true; }

  bool attached = false;       ///< Gets the container's output.
  bool releaser = false;       ///< Let the container start: its standard input is this client's.
  bool waits_for_end = false;  ///< Asked to stop the container.
  runtime::container::Delivery delivery = runtime::container::Delivery::BestEffort;

 private:
  void send_parts(runtime::container::ControlKind kind, std::string_view head, std::string_view data);

  sys::UniqueFd socket_;
  std::deque<std::string> waiting_;
  bool broken_ = false;
};

}  // namespace monitor
