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
  /// Waits for a message. When the monitor has closed the connection: Conflict if the container has ended,
  /// else Unavailable.
  base::Result<ControlMessage> receive();
  /// Sends a request and waits for Done; the Error is the monitor's.
  base::Result<> request(ControlKind kind, std::string_view payload = {});

  int fd() const { return socket_.value(); }

 private:
  ControlConnection(sys::UniqueFd socket, std::string run_root, std::string container_id)
      : socket_(std::move(socket)), run_root_(std::move(run_root)), container_id_(std::move(container_id)) {}
  base::Error closed() const;

  sys::UniqueFd socket_;
  std::string run_root_, container_id_;
  std::string buffer_;
};

}  // namespace runtime::container
