// SPDX-License-Identifier: Apache-2.0
#include "sys/standard_fds.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "sys/call_error.h"
#include "sys/fd.h"

namespace sys {

base::Result<> install_standard_fds(int in, int out, int err) {
  const int given[3] = {in, out, err};
  UniqueFd copies[3];
  for (int i = 0; i < 3; ++i) {
    copies[i] = UniqueFd(::fcntl(given[i], F_DUPFD_CLOEXEC, 3));
    if (!copies[i].valid()) return call_failed(fmt::format("fcntl({}, F_DUPFD_CLOEXEC)", given[i]));
  }
  for (int i = 0; i < 3; ++i) {
    if (::dup2(copies[i].value(), i) < 0) return call_failed(fmt::format("dup2({})", i));
  }
  return {};
}

base::Result<> give_standard_fds(std::uint32_t uid, FdOwnership which) {
  for (int fd = 0; fd <= 2; ++fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return call_failed(fmt::format("fstat({})", fd));
    const bool pipe = S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode);
    if ((which == FdOwnership::Pipes && !pipe) || status.st_uid == uid) continue;
    // A file system that knows no owners has nothing to change.
    if (::fchown(fd, uid, status.st_gid) != 0 && errno != EPERM && errno != EROFS && errno != EINVAL) {
      return call_failed(fmt::format("fchown({}, {})", fd, uid));
    }
  }
  return {};
}

base::Result<> close_on_execute_from(int first) {
  if (::syscall(SYS_close_range, first, ~0u, CLOSE_RANGE_CLOEXEC) != 0) return call_failed("close_range");
  return {};
}

}  // namespace sys
