// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/container/control_connection.h"

namespace runtime::container {

/// The user's ends of an attached or executed process. The descriptors stay the caller's; -1: none.
struct ProcessStreams {
  int standard_input = -1;
  int standard_output = -1;
  int standard_error = -1;  ///< Unused with a tty: everything arrives on `standard_output`.
  /// Keys that end the attachment and leave the process running, as bytes; empty: none.
  std::string_view detach_keys;
  /// Follow the size of the terminal behind `standard_input` (the process has a tty).
  bool follow_size = false;
};

/// What a client asks for when the container's output comes faster than the client takes it.
enum class Delivery {
  Complete,    ///< The container waits, as when writing to a pipe.
  BestEffort,  ///< The container goes on, the client is disconnected.
};

enum class AttachEnd {
  Exited,    ///< The process ended; `exit_code` is set.
  Detached,  ///< The detach keys were typed.
};
struct AttachOutcome {
  AttachEnd end = AttachEnd::Exited;
  int exit_code = 0;
};

/// One connection to the streams of a running (or held, see MonitorPlan::attach) container.
class Attachment {
 public:
  /// Conflict when the container does not run.
  static base::Result<Attachment> open(const std::string& run_root, const std::string& container_id,
                                       Delivery delivery);

  /// Lets a container that was started with `MonitorPlan::attach` run; the error is that of its start.
  base::Result<> release();

  /// Copies until the process ends or the user detaches. The end of `standard_input` closes the
  /// container's standard input when the plan says so. Unavailable when the monitor went away or
  /// disconnected a slow client; Cancelled when asked to.
  base::Result<AttachOutcome> pump(const ProcessStreams& streams, const base::Cancellation& cancellation);

  /// The container has a terminal: no standard error of its own.
  bool tty() const { return tty_; }

 private:
  explicit Attachment(ControlConnection connection) : connection_(std::move(connection)) {}
  ControlConnection connection_;
  bool tty_ = false;
  std::deque<std::string> early_;  ///< Output that came before the answer to release().
};

}  // namespace runtime::container
