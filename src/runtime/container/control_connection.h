// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/container/monitor_protocol.h"
#include "sys/fd.h"

namespace runtime::container {

/// One message from a monitor, as it came.
struct ControlMessage {
  ControlKind kind = ControlKind::Failed;
  std::string_view payload;  ///< Valid until the next receive.
};

/// A client's end of a container's control socket, see monitor_protocol.h.
class ControlConnection {
 public:
  /// Conflict when no monitor listens: the container does not run.
  static base::Result<ControlConnection> open(const std::string& run_root, const std::string& container_id);

  base::Result<> send(ControlKind kind, std::string_view payload = {});
  /// Waits for a message. Unavailable when the monitor has closed the connection.
  base::Result<ControlMessage> receive();
  /// Sends a request and waits for Done; the Error is the monitor's.
  base::Result<> request(ControlKind kind, std::string_view payload = {});

  int fd() const { return socket_.value(); }

 private:
  explicit ControlConnection(sys::UniqueFd socket) : socket_(std::move(socket)) {}
  sys::UniqueFd socket_;
  std::string buffer_;
};

}  // namespace runtime::container
