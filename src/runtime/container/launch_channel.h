// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"
#include "sys/fd.h"

namespace runtime::container {

/// What a child tells the process that started it, until it executes its program; drawn in process.cpp.
enum class LaunchMessageKind : std::uint8_t {
  Console,  ///< Carries the master side of the terminal.
  Ready,    ///< Everything but execve is done.
  Failed,   ///< `error` says why; nothing follows.
  End,      ///< The stream ended: the program runs, or the child is dead.
};

struct LaunchMessage {
  LaunchMessageKind kind = LaunchMessageKind::End;
  sys::UniqueFd fd;
  base::Error error;
};

/// Sends Console or Ready over a message socket.
base::Result<> send_console(int channel, int console);
base::Result<> send_ready(int channel);

/// Best effort: when it cannot be sent the starting process sees the child end without it.
void send_failure(int channel, const base::Error& error);

/// The next message. Internal when the bytes are none.
base::Result<LaunchMessage> receive_launch_message(int channel);

}  // namespace runtime::container
