// SPDX-License-Identifier: Apache-2.0
#include "sys/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include <fmt/format.h>

#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/signal_set.h"

namespace sys {
namespace {

tl::unexpected<base::Error> failed(std::string call) {
  const int saved = errno;
  return base::fail(base::make_errno_error(call, saved));
}

constexpr std::size_t kStackSize = 64 * 1024;

/// Shared by the caller and, until it executes, the new process.
struct Launch {
  const SpawnRequest* request;
  char* const* arguments;
  char* const* environment;
  char* inner_stack;  ///< For the second clone of a detached process.
  int null_fd;
  pid_t pid = -1;
  int failed_errno = 0;
  const char* failed_call = "";
  int caller = -1;  ///< Its pidfd.
};

int give_up(Launch& launch, const char* call) {
  launch.failed_errno = errno;
  launch.failed_call = call;
  return 127;
}

/// Runs on the caller's memory: system calls only, nothing that allocates or locks.
int execute(void* argument) {
  Launch& launch = *static_cast<Launch*>(argument);
  const std::vector<int>& wanted = launch.request->descriptors;
  const int count = static_cast<int>(wanted.size());
  // Away from the caller's terminal, whose keys must not signal it, and from its folder.
  if (::setsid() < 0) return give_up(launch, "setsid");
  if (::chdir("/") != 0) return give_up(launch, "chdir(\"/\")");
  reset_signals();
  if (launch.request->ends_with_caller) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return give_up(launch, "prctl(PR_SET_PDEATHSIG)");
    pollfd ended{.fd = launch.caller, .events = POLLIN, .revents = 0};
    if (::poll(&ended, 1, 0) != 0) return 127;  // Before that.
  }
  // First out of the way of the final numbers, then into place.
  int moved[16];
  for (int i = 0; i < count; ++i) {
    const int source = wanted[i] < 0 ? launch.null_fd : wanted[i];
    moved[i] = ::fcntl(source, F_DUPFD_CLOEXEC, 64);
    if (moved[i] < 0) return give_up(launch, "fcntl(F_DUPFD_CLOEXEC)");
  }
  const int program = ::fcntl(launch.request->program, F_DUPFD_CLOEXEC, 64);
  if (program < 0) return give_up(launch, "fcntl(F_DUPFD_CLOEXEC)");
  for (int i = 0; i < count; ++i) {
    if (::dup2(moved[i], i) < 0) return give_up(launch, "dup2");
  }
  if (::syscall(SYS_close_range, count, ~0u, CLOSE_RANGE_CLOEXEC) != 0) {
    return give_up(launch, "close_range");
  }
  ::syscall(SYS_execveat, program, "", launch.arguments, launch.environment, AT_EMPTY_PATH);
  return give_up(launch, "execveat");
}

int execute_detached(void* argument) {
  Launch& launch = *static_cast<Launch*>(argument);
  launch.pid = ::clone(execute, launch.inner_stack + kStackSize, CLONE_VM | CLONE_VFORK | SIGCHLD, argument);
  if (launch.pid < 0) return give_up(launch, "clone");
  return 0;
}

std::vector<char*> make_pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

void close_on_exec_from(int first) { ::syscall(SYS_close_range, first, ~0u, CLOSE_RANGE_CLOEXEC); }

base::Result<UniqueFd> make_memory_file(const char* name, std::string_view content) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd.valid()) return failed(fmt::format("memfd_create(\"{}\")", name));
  TRY(write_all(fd.value(), content));
  if (::lseek(fd.value(), 0, SEEK_SET) != 0) return failed("lseek");
  return fd;
}

base::Result<Spawned> spawn(const SpawnRequest& request) {
  if (request.descriptors.size() < 3 || request.descriptors.size() > 16) {
    return base::fail(base::ErrorClass::Internal, "a process needs 3 to 16 descriptors");
  }
  const UniqueFd null_fd = TRY(open_file("/dev/null", O_RDWR));
  const std::vector<char*> arguments = make_pointers(request.arguments);
  const std::vector<char*> environment = make_pointers(request.environment);
  UniqueFd caller;
  if (request.ends_with_caller) caller = TRY(open_pidfd(::getpid()));
  const auto stacks = std::make_unique<char[]>(2 * kStackSize);
  Launch launch{&request, arguments.data(), environment.data(), stacks.get() + kStackSize, null_fd.value()};
  launch.caller = caller.value();
  // A handler of ours must not run in the new process while it shares our memory.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const bool detached = request.parentage == Parentage::Detached;
  int pidfd = -1;
  const auto start = [&](int namespaces) {
    return ::clone(detached ? execute_detached : execute, stacks.get() + kStackSize,
                   namespaces | CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &launch, &pidfd);
  };
  pid_t child = start(request.takes_descendants_along ? CLONE_NEWPID : 0);
  if (child < 0 && request.takes_descendants_along) child = start(0);  // Not permitted here.
  const int clone_errno = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (child < 0) return base::fail(base::make_errno_error("clone", clone_errno));
  UniqueFd child_fd(pidfd);
  if (detached || launch.failed_errno != 0) TRY(wait_pidfd(pidfd));
  if (launch.failed_errno != 0) {
    return base::fail(base::make_errno_error(
        fmt::format("{} (starting {})", launch.failed_call, request.arguments.front()), launch.failed_errno));
  }
  if (detached) return Spawned{launch.pid, UniqueFd()};
  return Spawned{child, std::move(child_fd)};
}

base::Result<> kill_group(const Spawned& spawned) {
  if (::kill(-spawned.pid, SIGKILL) != 0) return failed(fmt::format("kill({}, SIGKILL)", -spawned.pid));
  return {};
}

base::Result<int> wait_child(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return failed(fmt::format("waitpid({})", pid));
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace sys
