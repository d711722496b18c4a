// SPDX-License-Identifier: Apache-2.0
#include "sys/signal_set.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace sys {

base::Result<UniqueFd> open_signals(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) {
    return base::fail(base::make_errno_error("sigprocmask", errno));
  }
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return base::fail(base::make_errno_error("signalfd", errno));
  return fd;
}

base::Result<std::optional<int>> read_signal(int signals) {
  signalfd_siginfo info{};
  const ssize_t size = ::read(signals, &info, sizeof info);
  if (size == sizeof info) return static_cast<int>(info.ssi_signo);
  if (size < 0 && errno != EAGAIN && errno != EINTR) {
    return base::fail(base::make_errno_error("read(signalfd)", errno));
  }
  return std::nullopt;
}

void reset_signals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_DFL) continue;
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    ::sigaction(signal, &standard, nullptr);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace sys
