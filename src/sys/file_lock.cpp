// SPDX-License-Identifier: Apache-2.0
#include "sys/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "sys/file.h"

namespace sys {
namespace {

/// flock(2) without waiting: false when somebody else holds it.
base::Result<bool> try_flock(int fd, int operation) {
  while (::flock(fd, operation | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return base::fail(base::make_errno_error("flock", errno));
  }
  return true;
}

}  // namespace

base::Result<UniqueFd> lock_file_shared(const std::string& path) {
  UniqueFd fd = TRY(open_file(path, O_RDWR | O_CREAT, 0600));
  while (::flock(fd.value(), LOCK_SH) != 0) {
    if (errno != EINTR) return base::fail(base::make_errno_error(fmt::format("flock(\"{}\")", path), errno));
  }
  return fd;
}

base::Result<std::optional<UniqueFd>> try_lock_file(const std::string& path) {
  UniqueFd fd = TRY(open_file(path, O_RDWR | O_CREAT, 0600));
  if (!TRY_WHILE(try_lock(fd.value()), fmt::format("locking {}", path))) return std::optional<UniqueFd>();
  return std::optional<UniqueFd>(std::move(fd));
}

base::Result<bool> try_lock(int fd) { return try_flock(fd, LOCK_EX); }

// The kernel wakes a waiter for the lock or a signal, but a cancellation may come from another thread.
base::Result<UniqueFd> lock_file(const std::string& path, LockKind kind,
                                 const base::Cancellation& cancellation) {
  constexpr std::chrono::milliseconds kLongestNap{50};
  std::chrono::milliseconds nap{1};
  UniqueFd fd = TRY(open_file(path, O_RDWR | O_CREAT, 0600));
  const int operation = kind == LockKind::Shared ? LOCK_SH : LOCK_EX;
  while (!TRY_WHILE(try_flock(fd.value(), operation), fmt::format("locking {}", path))) {
    if (cancellation.requested()) {
      return base::fail(base::ErrorClass::Cancelled, fmt::format("waiting for {} was cancelled", path));
    }
    std::this_thread::sleep_for(nap);
    nap = std::min(2 * nap, kLongestNap);
  }
  return fd;
}

}  // namespace sys
