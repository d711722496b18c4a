// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine_client/stream.h"
#include "sys/terminal.h"

namespace cli {

/// `--detach-keys`: "ctrl-a" to "ctrl-z", "ctrl-@", "ctrl-[", "ctrl-]", "ctrl-^", "ctrl-_", "ctrl-\\", or
/// single letters, with commas between them, as the bytes a terminal sends. Nothing for an empty text.
/// Invalid.
base::Result<std::optional<std::string>> parse_detach_keys(std::string_view text);

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
