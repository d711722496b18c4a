// SPDX-License-Identifier: Apache-2.0
#include "sys/execute.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/call_error.h"

namespace sys {
namespace {

std::vector<char*> make_pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

sigset_t every_signal() {
  sigset_t all;
  ::sigfillset(&all);
  return all;
}

/// Reaps all that ended; ends as `child` did when it was among them.
void reap(pid_t child) {
  while (true) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended <= 0) return;
    if (ended == child) end_process(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  }
}

}  // namespace

ExecuteLists::ExecuteLists(const std::vector<std::string>& arguments,
                           const std::vector<std::string>& environment)
    : arguments_(make_pointers(arguments)), environment_(make_pointers(environment)) {}

int ExecuteLists::execute(const std::string& path) const {
  ::execve(path.c_str(), arguments_.data(), environment_.data());
  return errno;
}

base::Result<pid_t> fork_process() {
  const pid_t child = ::fork();
  if (child < 0) return call_failed("fork");
  return child;
}

void end_process(int code) {
  while (true) ::syscall(SYS_exit_group, code);
}

void run_init(pid_t child) {
  ::prctl(PR_SET_NAME, "init", 0, 0, 0);
  // Nothing of the container's may stay open because of us: readers wait for the end of its output.
  ::syscall(SYS_close_range, 0, ~0u, 0);
  // Blocked signals are queued even for the first process, for which unhandled ones are dropped.
  const sigset_t all = every_signal();
  while (true) {
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&all, &info);
    if (signal < 0 && errno != EINTR) end_process(125);
    if (signal == SIGCHLD)
      reap(child);
    else if (signal > 0)
      ::kill(child, signal);
  }
}

void block_signals() {
  const sigset_t all = every_signal();
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

void unblock_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace sys
