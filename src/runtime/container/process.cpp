// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/process.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fmt/format.h>

#include "runtime/container/launch_channel.h"
#include "runtime/container/launch_process.h"
#include "runtime/container/launch_root.h"
#include "sys/clone.h"
#include "sys/execute.h"
#include "sys/file.h"
#include "sys/loopback.h"
#include "sys/mount.h"
#include "sys/path_at.h"
#include "sys/path_in_root.h"
#include "sys/pidfd.h"
#include "sys/process_ties.h"
#include "sys/pty.h"
#include "sys/signal_set.h"
#include "sys/standard_fds.h"
#include "sys/unix_socket.h"

// A launch, and what travels between its two processes over one socket pair (launch_channel.h):
//
//   starting process                             the container's process
//   ----------------                             -----------------------
//   make the cgroup
//   clone3 into the new namespaces and the
//   cgroup ------------------------------------> joins the v1 cgroups and given namespaces
//   close its copy of the child's end            opens all that is the host's
//   wait for messages                            mounts the root and everything in it, by descriptor
//            <---------------- Console + fd ---- terminal of the container's own devpts
//                                                pivot_root; the host is gone
//                                                user, limits, capabilities, filter
//            <------------------------ Ready --- nothing left but execve
//            <------------------------ (end) --- execve closed the child's end: it runs
//            <--------------- Failed + Error --- at any point; then the child exits with 125
//
// The end without Ready before it means that the child was killed while it was being set up.
// `exec` speaks the same way; it joins namespaces instead of making them.

namespace runtime::container {
namespace {

using sys::UniqueFd;

constexpr int kSetupFailed = 125;

bool is_new(const NamespacePlan& plan) { return plan.mode == NamespaceMode::New; }

/// The mount namespace is always new. The cgroup one is unshared later, from inside the cgroup: it shows
/// as root what its maker was in.
std::uint64_t clone_flags(const LaunchPlan& plan) {
  std::uint64_t flags = CLONE_NEWNS;
  if (is_new(plan.pid)) flags |= CLONE_NEWPID;
  if (is_new(plan.ipc)) flags |= CLONE_NEWIPC;
  if (is_new(plan.uts)) flags |= CLONE_NEWUTS;
  if (is_new(plan.network)) flags |= CLONE_NEWNET;
  return flags;
}

base::Result<> join_namespace(const NamespacePlan& plan, int type) {
  if (plan.mode != NamespaceMode::Join) return {};
  const UniqueFd file = TRY(sys::open_file(plan.path, O_RDONLY));
  return sys::join_namespaces(file.value(), type, plan.path);
}

base::Result<> set_host_names(const LaunchPlan& plan) {
  if (!plan.hostname.empty()) TRY(sys::set_host_name(plan.hostname));
  if (!plan.domainname.empty()) TRY(sys::set_domain_name(plan.domainname));
  return {};
}

/// The container's own /dev/null where it has one, so that no descriptor of the host's stays behind.
base::Result<UniqueFd> open_null(int root) {
  base::Result<UniqueFd> own =
      sys::open_container_path(root, "/dev/null", O_RDWR | O_NOCTTY | O_NONBLOCK, 0, sys::Symlinks::Refuse);
  if (own) {
    const struct stat status = TRY(sys::stat_fd(own->value()));
    if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) return own;
  }
  return sys::open_file("/dev/null", O_RDWR);
}

base::Result<> connect_standard_fds(const StandardFds& fds, int root) {
  UniqueFd null;
  if (fds.in < 0 || fds.out < 0 || fds.err < 0) null = TRY(open_null(root));
  const auto or_null = [&null](int fd) { return fd < 0 ? null.value() : fd; };
  return sys::install_standard_fds(or_null(fds.in), or_null(fds.out), or_null(fds.err));
}

/// A new terminal becomes 0 to 2; its master goes to the starting process. The slave is given back for
/// /dev/console.
base::Result<UniqueFd> connect_terminal(const ProcessPlan& plan, int root, int channel) {
  const UniqueFd devpts = TRY(sys::open_container_path(root, "/dev/pts", O_PATH | O_DIRECTORY));
  sys::Pty pty = TRY(sys::open_pty(devpts.value()));
  if (plan.rows != 0 && plan.columns != 0) {
    TRY(sys::resize_pty(pty.master.value(), plan.rows, plan.columns));
  }
  TRY(sys::install_standard_fds(pty.slave.value(), pty.slave.value(), pty.slave.value()));
  TRY(send_console(channel, pty.master.value()));
  return std::move(pty.slave);
}

base::Result<> mount_console(int slave, int root) {
  const UniqueFd target = TRY(sys::make_file_in_root(root, "/dev/console"));
  const UniqueFd copy = TRY(sys::clone_tree(slave, "", sys::Recursion::Single));
  return sys::attach_mount(copy.value(), target.value(), "/dev/console");
}

/// Everything that needs the host's tree, then the step out of it.
base::Result<> build_container(const LaunchPlan& plan, const StandardFds& fds,
                               const ProcessContext& context) {
  TRY(bind_to_parent(context));
  sys::reset_signals();
  TRY(join_namespace(plan.ipc, CLONE_NEWIPC));
  TRY(join_namespace(plan.uts, CLONE_NEWUTS));
  TRY(join_namespace(plan.network, CLONE_NEWNET));
  if (is_new(plan.network)) TRY(sys::bring_loopback_up());
  TRY(sys::join_v1_directories(plan.cgroup));
  if (is_new(plan.cgroup_namespace)) TRY(sys::unshare_namespaces(CLONE_NEWCGROUP));
  TRY(set_oom_score(plan.process));
  sys::set_umask(0);

  HostSources sources = TRY(open_host_sources(plan));
  TRY(sys::set_root_propagation(MS_SLAVE));
  const UniqueFd root = TRY(mount_root(plan.root));
  TRY(apply_mounts(plan, sources, root.value()));
  TRY(make_devices(plan, root.value()));
  TRY(write_sysctls(plan.sysctls, root.value()));
  if (plan.process.terminal) {
    const UniqueFd slave = TRY(connect_terminal(plan.process, root.value(), context.channel));
    TRY(mount_console(slave.value(), root.value()));
  } else {
    TRY(connect_standard_fds(fds, root.value()));
  }
  TRY(confine_paths(plan, sources, root.value()));
  TRY(set_host_names(plan));
  TRY(sys::switch_root(root.value()));
  return {};
}

/// The root becomes read-only last, when every place in it exists.
base::Result<> finish_root(const LaunchPlan& plan) {
  if (!plan.root.read_only) return {};
  const UniqueFd root = TRY(sys::open_file("/", O_PATH | O_DIRECTORY));
  TRY(sys::make_directory_in_root(root.value(), plan.process.working_directory));
  return sys::set_mount_attributes(root.value(), MOUNT_ATTR_RDONLY, 0, 0, sys::Recursion::Single);
}

[[noreturn]] void run_container(const LaunchPlan& plan, const StandardFds& fds, int channel) {
  const ProcessContext context{channel, plan.die_with_parent, plan.init ? PidOneInit::Yes : PidOneInit::No};
  base::Result<> built = build_container(plan, fds, context);
  if (built) built = finish_root(plan);
  send_failure(channel, built ? become_process(plan.process, context) : built.error());
  sys::end_process(kSetupFailed);
}

base::Error died_during_setup(int pidfd) {
  const base::Result<sys::ExitStatus> status = sys::wait_pidfd(pidfd, sys::Reap::No);
  base::Error error = base::make_error(
      base::ErrorClass::Io,
      status && status->signal != 0
          ? fmt::format("the container's process was killed by signal {} while it was being set up",
                        status->signal)
          : "the container's process ended while it was being set up");
  if (status && status->signal == SIGKILL) error.hint = "its memory limit may be too small to start anything";
  return error;
}

/// Waits until the program runs. On failure the child is reaped.
base::Result<UniqueFd> wait_until_executed(int channel, int pidfd) {
  UniqueFd console;
  bool ready = false;
  base::Error failure;
  while (true) {
    base::Result<LaunchMessage> message = receive_launch_message(channel);
    if (!message) {
      failure = std::move(message).error();
      break;
    }
    if (message->kind == LaunchMessageKind::Console) console = std::move(message->fd);
    if (message->kind == LaunchMessageKind::Ready) ready = true;
    if (message->kind == LaunchMessageKind::End && ready) return console;
    if (message->kind == LaunchMessageKind::Failed) {
      failure = std::move(message->error);
      break;
    }
    if (message->kind == LaunchMessageKind::End) {
      failure = died_during_setup(pidfd);
      break;
    }
  }
  if (failure.exit_code == 1) failure.exit_code = kSetupFailed;
  static_cast<void>(sys::signal_pidfd(pidfd, SIGKILL));
  static_cast<void>(sys::wait_pidfd(pidfd));
  return base::fail(std::move(failure));
}

/// Makes the children that follow start in another pid namespace, until it goes out of scope.
class PidNamespaceForChildren {
 public:
  static base::Result<PidNamespaceForChildren> enter(int fd, const std::string& what) {
    PidNamespaceForChildren entered;
    entered.own_ = TRY(sys::open_file("/proc/self/ns/pid", O_RDONLY));
    TRY(sys::join_namespaces(fd, CLONE_NEWPID, what));
    return entered;
  }
  PidNamespaceForChildren(PidNamespaceForChildren&&) = default;
  PidNamespaceForChildren& operator=(PidNamespaceForChildren&&) = delete;
  ~PidNamespaceForChildren() {
    if (own_.valid()) static_cast<void>(sys::join_namespaces(own_.value(), CLONE_NEWPID, "own"));
  }

 private:
  PidNamespaceForChildren() = default;
  UniqueFd own_;
};

/// The child stands among the container's processes from its first instruction: it must be closed to
/// their eyes already when it is made. The starting process goes back to what it was.
base::Result<sys::Cloned> clone_unseen(const sys::CloneRequest& request) {
  const sys::Inspection before = sys::inspection();
  TRY(sys::set_inspection(sys::Inspection::Forbidden));
  base::Result<sys::Cloned> cloned = sys::clone_process(request);
  if (!cloned || cloned->pid != 0) TRY(sys::set_inspection(before));
  return cloned;
}

base::Result<sys::Cloned> clone_container(const LaunchPlan& plan) {
  const UniqueFd cgroup = TRY(sys::open_unified_directory(plan.cgroup));
  const sys::CloneRequest request{clone_flags(plan), cgroup.value()};
  if (plan.pid.mode != NamespaceMode::Join) return clone_unseen(request);
  const UniqueFd file = TRY(sys::open_file(plan.pid.path, O_RDONLY));
  const PidNamespaceForChildren joined = TRY(PidNamespaceForChildren::enter(file.value(), plan.pid.path));
  return clone_unseen(request);
}

base::Result<StartedProcess> launch(const LaunchPlan& plan, const StandardFds& fds) {
  auto [parent_end, child_end] = TRY(sys::message_socket_pair());
  sys::Cloned cloned = TRY(clone_container(plan));
  if (cloned.pid == 0) {
    parent_end.reset();  // Else the end of the starting process could not be seen.
    run_container(plan, fds, child_end.value());
  }
  child_end.reset();
  UniqueFd console = TRY(wait_until_executed(parent_end.value(), cloned.pidfd.value()));
  return StartedProcess{std::move(cloned.pidfd), cloned.pid, std::move(console)};
}

base::Result<> enter_container(const ExecPlan& plan, int container_pidfd, const StandardFds& fds,
                               const ProcessContext& context) {
  TRY(bind_to_parent(context));
  sys::reset_signals();
  TRY(sys::join_v1_directories(plan.cgroup));
  TRY(set_oom_score(plan.process));
  constexpr int kAll = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;
  TRY(sys::join_namespaces(container_pidfd, kAll, "the container's first process"));
  const UniqueFd root = TRY(sys::open_file("/", O_PATH | O_DIRECTORY));
  if (!plan.process.terminal) return connect_standard_fds(fds, root.value());
  TRY(connect_terminal(plan.process, root.value(), context.channel));
  return {};
}

[[noreturn]] void run_exec_process(const ExecPlan& plan, int container_pidfd, const StandardFds& fds,
                                   int channel) {
  const ProcessContext context{channel, true, PidOneInit::No};
  const base::Result<> entered = enter_container(plan, container_pidfd, fds, context);
  send_failure(channel, entered ? become_process(plan.process, context) : entered.error());
  sys::end_process(kSetupFailed);
}

/// The kernel would take the text up to there.
base::Result<> check_text(std::string_view what, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const auto end = text.find('\0');
    if (end == std::string::npos) continue;
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} has a NUL byte after \"{}\"", what, text.substr(0, end)));
  }
  return {};
}

base::Result<> check_arguments(const ProcessPlan& plan) {
  TRY(check_text("the command", plan.arguments));
  TRY(check_text("the environment", plan.environment));
  if (!plan.arguments.empty()) return {};
  return base::fail(base::ErrorClass::Invalid, "there is no command to run");
}

base::Result<sys::Cloned> clone_into_container(const ExecPlan& plan, int container_pidfd) {
  const UniqueFd cgroup = TRY(sys::open_unified_directory(plan.cgroup));
  base::Result<PidNamespaceForChildren> joined =
      PidNamespaceForChildren::enter(container_pidfd, "the container's first process");
  if (!joined && joined.error().errno_value == ESRCH) {
    return base::fail(base::ErrorClass::Conflict, "the container is not running");
  }
  if (!joined) return base::fail(std::move(joined).error());
  return clone_unseen({0, cgroup.value()});
}

}  // namespace

base::Result<StartedProcess> start_process(const LaunchPlan& plan, const StandardFds& fds) {
  TRY(check_arguments(plan.process));
  TRY_WHILE(sys::create_cgroup(plan.cgroup), fmt::format("making the cgroup of container {}", plan.id));
  base::Result<StartedProcess> started = launch(plan, fds);
  if (started) return started;
  base::Error error = std::move(started).error();
  if (error.exit_code == 1) error.exit_code = kSetupFailed;
  if (base::Result<> removed = sys::remove_cgroup(plan.cgroup); !removed) {
    error.also.push_back(std::move(removed).error());
  }
  return base::fail(std::move(error));
}

base::Result<StartedProcess> exec_process(const ExecPlan& plan, int container_pidfd, const StandardFds& fds) {
  TRY(check_arguments(plan.process));
  auto [parent_end, child_end] = TRY(sys::message_socket_pair());
  sys::Cloned cloned = TRY(clone_into_container(plan, container_pidfd));
  if (cloned.pid == 0) {
    parent_end.reset();
    run_exec_process(plan, container_pidfd, fds, child_end.value());
  }
  child_end.reset();
  UniqueFd console = TRY(wait_until_executed(parent_end.value(), cloned.pidfd.value()));
  return StartedProcess{std::move(cloned.pidfd), cloned.pid, std::move(console)};
}

}  // namespace runtime::container
