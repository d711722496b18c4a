// SPDX-License-Identifier: Apache-2.0
#include "sys/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include <fmt/format.h>

#include "sys/file.h"

namespace sys {

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

base::Result<bool> try_lock(int fd) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return base::fail(base::make_errno_error("flock", errno));
  }
  return true;
}

}  // namespace sys
