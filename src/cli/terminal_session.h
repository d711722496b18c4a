// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/result.h"
#include "engine_client/stream.h"
#include "sys/terminal.h"

namespace cli {

/// The user's terminal lent to a process: raw while it lasts, so that keys reach the process.
class TerminalSession {
 public:
  /// Input and output are a terminal.
  static bool is_possible();
  static base::Result<TerminalSession> open(bool tty, bool interactive);
  const engine_client::TerminalStreams& streams() const { return streams_; }

 private:
  engine_client::TerminalStreams streams_;
  std::optional<sys::RawMode> raw_;
};

}  // namespace cli
