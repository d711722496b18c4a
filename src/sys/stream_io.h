// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// What came of one read or write that may not have waited.
struct Transfer {
  enum class State : std::uint8_t {
    Moved,       ///< `size` bytes, at least one.
    WouldBlock,  ///< Nothing now.
    Ended,       ///< The other side has closed: end of file, EPIPE, EIO of a terminal, ECONNRESET.
    Failed,      ///< `errno_value` says why.
  };
  State state = State::Failed;
  std::size_t size = 0;
  int errno_value = 0;
};

/// One read(2) or write(2), again after EINTR. Writing needs SIGPIPE ignored, see ignore_broken_pipes().
Transfer try_read(int fd, std::span<char> buffer);
Transfer try_write(int fd, std::string_view data);

/// All of `data`, waiting while the other side takes nothing, also when `fd` is non-blocking.
base::Result<> write_patiently(int fd, std::string_view data);

/// SIGPIPE does nothing in this process from now on: a write to a closed pipe fails instead.
void ignore_broken_pipes();

/// One descriptor to wait for; `ready` is the answer. Bits of sys/event_loop.h. fd -1: skipped.
struct Waiting {
  int fd = -1;
  std::uint32_t events = 0;
  std::uint32_t ready = 0;
};
/// Waits until one of them is ready; false after `timeout` (negative: none) or a signal.
base::Result<bool> wait_ready(std::span<Waiting> all, std::chrono::milliseconds timeout);

/// An anonymous pipe: {reading end, writing end}, with room for at least `size` bytes if the system
/// allows it; 0: its default.
base::Result<std::pair<UniqueFd, UniqueFd>> make_pipe(std::size_t size = 0);
/// Reads and writes of everybody who shares this open file no longer wait.
base::Result<> set_nonblocking(int fd);
base::Result<UniqueFd> duplicate(int fd);

}  // namespace sys
