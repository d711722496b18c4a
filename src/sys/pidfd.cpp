// SPDX-License-Identifier: Apache-2.0
#include "sys/pidfd.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "sys/call_error.h"

namespace sys {

base::Result<UniqueFd> open_pidfd(pid_t pid) {
  const long fd = ::syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) return call_failed(fmt::format("pidfd_open({})", pid));
  return UniqueFd(static_cast<int>(fd));
}

base::Result<> signal_pidfd(int pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) != 0) {
    return call_failed(fmt::format("pidfd_send_signal({})", signal));
  }
  return {};
}

base::Result<ExitStatus> wait_pidfd(int pidfd, Reap reap) {
  siginfo_t info{};
  const int flags = WEXITED | (reap == Reap::No ? WNOWAIT : 0);
  while (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd), &info, flags) != 0) {
    if (errno != EINTR) return call_failed("waitid(pidfd)");
  }
  if (info.si_code == CLD_EXITED) return ExitStatus{info.si_status, 0};
  return ExitStatus{128 + info.si_status, info.si_status};
}

base::Result<std::optional<ExitStatus>> wait_pidfd(int pidfd, std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + timeout;
  pollfd waiting{pidfd, POLLIN, 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno != EINTR) return call_failed("poll(pidfd)");
    if (ready > 0) return std::optional(TRY(wait_pidfd(pidfd)));
    if (ready == 0) return std::optional<ExitStatus>();
  }
}

}  // namespace sys
