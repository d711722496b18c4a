// SPDX-License-Identifier: Apache-2.0
#include "sys/clone.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "sys/call_error.h"

namespace sys {

base::Result<Cloned> clone_process(const CloneRequest& request) {
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = request.flags | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  if (request.cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(request.cgroup);
  }
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) {
    const int saved = errno;
    base::Error error = base::make_errno_error(fmt::format("clone3(flags {:#x})", arguments.flags), saved);
    if (saved == EPERM) error.hint = "namespaces need root (CAP_SYS_ADMIN)";
    if (saved == ENOSPC) error.hint = "see /proc/sys/user/max_*_namespaces";
    if (saved == ENOSYS) error.hint = "kernel 5.12 or later is needed";
    return base::fail(std::move(error));
  }
  if (pid == 0) return Cloned{0, UniqueFd()};
  return Cloned{static_cast<pid_t>(pid), UniqueFd(pidfd)};
}

base::Result<> unshare_namespaces(int flags) {
  if (::unshare(flags) != 0) return call_failed(fmt::format("unshare({:#x})", flags));
  return {};
}

base::Result<> join_namespaces(int fd, int flags, const std::string& what) {
  if (::setns(fd, flags) != 0) return call_failed(fmt::format("setns({}, {:#x})", what, flags));
  return {};
}

}  // namespace sys
