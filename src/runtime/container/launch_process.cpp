// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/launch_process.h"

#include <fcntl.h>

#include <fmt/format.h>

#include "runtime/container/launch_channel.h"
#include "runtime/container/launch_root.h"
#include "runtime/container/user_database.h"
#include "sys/capability.h"
#include "sys/credentials.h"
#include "sys/execute.h"
#include "sys/file.h"
#include "sys/path_in_root.h"
#include "sys/process_ties.h"
#include "sys/rlimit.h"
#include "sys/seccomp.h"
#include "sys/standard_fds.h"
#include "sys/unix_socket.h"

namespace runtime::container {
namespace {

using sys::UniqueFd;

constexpr std::uint64_t kSysAdmin = std::uint64_t{1} << 21;

base::Result<> start_session(const ProcessPlan& plan) {
  TRY(sys::start_session());
  if (plan.terminal) TRY(sys::take_terminal(0));
  return {};
}

/// Written through what is certainly procfs: a file of the image in its place would swallow the profile.
base::Result<> enter_apparmor_profile(const std::string& profile) {
  if (profile.empty()) return {};
  const UniqueFd root = TRY(sys::open_file("/", O_PATH | O_DIRECTORY));
  const UniqueFd proc = TRY(open_container_proc(root.value()));
  const UniqueFd file = TRY(sys::open_subpath(proc.value(), "thread-self/attr/exec", O_WRONLY));
  TRY_WHILE(sys::write_all(file.value(), "exec " + profile),
            fmt::format("entering the AppArmor profile {}", profile));
  return {};
}

base::Result<> set_limits(const ProcessPlan& plan) {
  for (const RlimitPlan& limit : plan.rlimits) {
    TRY(limit.best_effort ? sys::set_rlimit_as_allowed(limit.resource, limit.soft, limit.hard)
                          : sys::set_rlimit(limit.resource, limit.soft, limit.hard));
  }
  return {};
}

/// Last privileged steps. The limits are the process's, not those of what is done for it: from there on
/// nothing is opened. Without no_new_privs only CAP_SYS_ADMIN may install a filter, so it goes in
/// one step before the final capabilities; with it the filter is the very last thing.
base::Result<> drop_privileges(const ProcessPlan& plan, const ResolvedUser& user,
                               const ProcessContext& context) {
  const std::uint64_t ambient = plan.ambient_capabilities & plan.capabilities;
  const std::uint64_t final_set = user.uid == 0 ? plan.capabilities : ambient;
  TRY(sys::limit_bounding_capabilities(plan.capabilities));
  TRY(enter_apparmor_profile(plan.apparmor_profile));
  TRY(set_limits(plan));
  TRY(sys::change_ids(user.uid, user.gid, user.groups));
  TRY(bind_to_parent(context));  // The change of ids has undone it.
  TRY(sys::close_on_execute_from(3));
  if (plan.no_new_privileges) TRY(sys::set_no_new_privileges());
  const bool filtered = !plan.seccomp_program.empty();
  if (filtered && !plan.no_new_privileges) {
    TRY(sys::set_capabilities(final_set | kSysAdmin, ambient));
    TRY(sys::raise_ambient_capabilities(ambient));
    TRY(sys::install_seccomp_filter(plan.seccomp_program));
    TRY(sys::set_capabilities(final_set, ambient));
  } else {
    TRY(sys::set_capabilities(final_set, ambient));
    TRY(sys::raise_ambient_capabilities(ambient));
    if (filtered) TRY(sys::install_seccomp_filter(plan.seccomp_program));
  }
  return {};
}

void set_home(std::vector<std::string>& environment, const std::string& home) {
  for (std::string& entry : environment) {
    if (!entry.starts_with("HOME=")) continue;
    if (entry.size() == 5) entry += home;
    return;
  }
  environment.push_back("HOME=" + home);
}

/// What is done as root inside the container, before the user's own identity.
base::Result<ResolvedUser> prepare(const ProcessPlan& plan, std::vector<std::string>& environment) {
  const UniqueFd root = TRY(sys::open_file("/", O_PATH | O_DIRECTORY));
  const ResolvedUser user = TRY(resolve_user_in_root(root.value(), plan.user, plan.groups));
  set_home(environment, user.home);
  if (!plan.keyring.empty()) TRY(sys::join_session_keyring(plan.keyring.c_str()));
  sys::set_umask(0022);
  const UniqueFd directory =
      TRY_WHILE(sys::make_directory_in_root(root.value(), plan.working_directory),
                fmt::format("entering the working directory {}", plan.working_directory));
  TRY(sys::enter_directory_inside_root(directory.value(), plan.working_directory));
  TRY(sys::give_standard_fds(user.uid, plan.terminal ? sys::FdOwnership::All : sys::FdOwnership::Pipes));
  sys::set_umask(plan.umask);
  return user;
}

/// Everything but execve, in the process that will call it.
base::Result<> set_up_process(const ProcessPlan& plan, const ProcessContext& context,
                              std::vector<std::string>& environment) {
  const ResolvedUser user = TRY(prepare(plan, environment));
  if (context.init == PidOneInit::No) {
    TRY(start_session(plan));
    TRY(drop_privileges(plan, user, context));
    return send_ready(context.channel);
  }
  TRY(drop_privileges(plan, user, context));
  sys::block_signals();
  const pid_t child = TRY(sys::fork_process());
  if (child > 0) sys::run_init(child);
  sys::unblock_signals();
  TRY(start_session(plan));
  return send_ready(context.channel);
}

}  // namespace

base::Result<> bind_to_parent(const ProcessContext& context) {
  TRY(sys::set_inspection(sys::Inspection::Forbidden));
  if (!context.die_with_parent) return {};
  TRY(sys::die_with_parent());
  if (sys::peer_is_gone(context.channel)) {
    return base::fail(base::ErrorClass::Cancelled, "the starting process has ended");
  }
  return {};
}

base::Result<> set_oom_score(const ProcessPlan& plan) {
  if (!plan.set_oom_score_adj) return {};
  const UniqueFd file = TRY(sys::open_file("/proc/self/oom_score_adj", O_WRONLY));
  TRY_WHILE(sys::write_all(file.value(), std::to_string(plan.oom_score_adj)),
            fmt::format("setting oom_score_adj to {}", plan.oom_score_adj));
  return {};
}

base::Error become_process(const ProcessPlan& plan, const ProcessContext& context) {
  std::vector<std::string> environment = plan.environment;
  if (base::Result<> done = set_up_process(plan, context, environment); !done) {
    return std::move(done).error();
  }
  return execute(plan.arguments, environment);
}

}  // namespace runtime::container
