// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"

namespace engine_client {

enum class StreamKind : std::uint8_t { Stdin = 0, Stdout = 1, Stderr = 2 };

/// The user's end of an attached process. File descriptors stay the caller's; -1 is "none".
/// With `tty`, `standard_input` is put in raw mode by the caller, not by the engine.
struct TerminalStreams {
  int standard_input = -1;
  int standard_output = -1;
  int standard_error = -1;
  bool tty = false;
  std::uint16_t rows = 0, columns = 0;  ///< First size of the terminal, when `tty`.
  /// Keys that end the attachment and leave the process running, as bytes; empty: none.
  std::string_view detach_keys;
};

}  // namespace engine_client
