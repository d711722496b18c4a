// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// pidfd_open(2). NotFound when there is no such process.
base::Result<UniqueFd> open_pidfd(pid_t pid);

/// pidfd_send_signal(2). NotFound when it has ended.
base::Result<> signal_pidfd(int pidfd, int signal);

/// How a process ended.
struct ExitStatus {
  int code = 0;    ///< Of exit(2); 128 + signal when a signal ended it.
  int signal = 0;  ///< 0: it exited by itself.
};

enum class Reap { Yes, No };

/// Waits for a child of the caller to end and reaps it (with Reap::No it stays a zombie).
base::Result<ExitStatus> wait_pidfd(int pidfd, Reap reap = Reap::Yes);

/// As wait_pidfd, but none when it still runs after `timeout`.
base::Result<std::optional<ExitStatus>> wait_pidfd(int pidfd, std::chrono::milliseconds timeout);

}  // namespace sys
