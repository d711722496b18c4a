// SPDX-License-Identifier: Apache-2.0
#include "compose/up.h"

#include <fmt/format.h>

#include "cli/attached_up.h"
#include "cli/commands/commands.h"
#include "cli/up_flags.h"
#include "sys/terminal.h"

namespace cli {
namespace {

struct Flags {
  UpFlags common;
  bool detach = false, no_deps = false, no_start = false, always_recreate_deps = false, renew_volumes = false;
  bool wait = false, abort_on_exit = false, abort_on_failure = false, attach_dependencies = false;
  bool no_color = false, no_log_prefix = false, timestamps = false, watch = false, menu = false;
  std::vector<std::string> attach, no_attach;
  std::string exit_code_from;
  std::optional<base::Duration> timeout, wait_timeout;
};

void declare_up(OptionSet& options, Flags& flags) {
  options.flag("-d,--detach", flags.detach, "Leave the containers running and return")
      .flag("--wait", flags.wait, "Wait until services are running or healthy; implies --detach")
      .seconds("--wait-timeout", flags.wait_timeout, "Longest wait, in seconds")
      .flag("--no-deps", flags.no_deps, "Leave services alone that the named ones depend on")
      .flag("--no-start", flags.no_start, "Create the containers without starting them")
      .flag("--always-recreate-deps", flags.always_recreate_deps, "Recreate dependencies, too")
      .flag("-V,--renew-anon-volumes", flags.renew_volumes, "New anonymous volumes instead of the old ones")
      .seconds("-t,--timeout", flags.timeout, "Seconds until a container that does not stop is killed")
      .flag("--abort-on-container-exit", flags.abort_on_exit, "Stop everything when one container ends")
      .flag("--abort-on-container-failure", flags.abort_on_failure, "The same when one ends with an error")
      .text("--exit-code-from", flags.exit_code_from, "Exit with this service's code", "SERVICE")
      .list("--attach", flags.attach, "Show these services' output only", "SERVICE")
      .list("--no-attach", flags.no_attach, "Show no output of these services", "SERVICE")
      .flag("--attach-dependencies", flags.attach_dependencies, "Show dependencies' output, too")
      .flag("--no-color", flags.no_color, "No colours")
      .flag("--no-log-prefix", flags.no_log_prefix, "Lines without the container's name")
      .flag("--timestamps", flags.timestamps, "Lines with their time")
      .flag("-w,--watch", flags.watch, "Watch source files (not supported yet)")
      .flag("--menu", flags.menu, "Shortcuts while it is attached (not supported yet)");
  declare(options, flags.common);
}

base::Result<> check(const Flags& flags) {
  const auto exclude = [](bool both, const char* text) -> base::Result<> {
    if (!both) return {};
    return base::fail(base::ErrorClass::Invalid, text);
  };
  if (flags.watch) return base::fail(base::ErrorClass::Unsupported, "--watch is not supported yet");
  if (flags.menu) return base::fail(base::ErrorClass::Unsupported, "--menu is not supported yet");
  const bool aborts = flags.abort_on_exit || flags.abort_on_failure || !flags.exit_code_from.empty();
  TRY(exclude((flags.detach || flags.wait) && (aborts || !flags.attach.empty() || flags.attach_dependencies),
              "--detach cannot be combined with --abort-on-container-exit, --abort-on-container-failure, "
              "--exit-code-from, --attach or --attach-dependencies"));
  TRY(exclude(flags.abort_on_exit && flags.abort_on_failure,
              "--abort-on-container-exit and --abort-on-container-failure are incompatible"));
  TRY(exclude(flags.renew_volumes && flags.common.no_recreate,
              "--renew-anon-volumes and --no-recreate are incompatible"));
  return exclude(flags.always_recreate_deps && flags.common.no_recreate,
                 "--always-recreate-deps and --no-recreate are incompatible");
}

AttachOptions make_attach_options(Invocation& invocation, const Flags& flags, const model::Project& project,
                                  const std::vector<std::string>& services) {
  AttachOptions out;
  const std::vector<std::string>& chosen = flags.attach.empty() ? services : flags.attach;
  for (const auto& [name, service] : project.services) {
    if (service.attach && (chosen.empty() || flags.attach_dependencies)) out.services.insert(name);
  }
  out.services.insert(chosen.begin(), chosen.end());
  for (const std::string& name : flags.no_attach) out.services.erase(name);
  const std::string ansi = invocation.global().ansi;
  const bool colors =
      ansi == "always" || (ansi != "never" && sys::is_terminal(1) && invocation.variable("NO_COLOR").empty());
  out.style = {colors && !flags.no_color, !flags.no_log_prefix, flags.timestamps};
  out.abort_on_exit = flags.abort_on_exit || !flags.exit_code_from.empty();
  out.abort_on_failure = flags.abort_on_failure;
  out.exit_code_from = flags.exit_code_from;
  out.timeout = flags.timeout;
  return out;
}

}  // namespace

base::Result<int> run_up(Invocation& invocation) {
  Flags flags;
  OptionSet options =
      invocation.options("[OPTIONS] [SERVICE...]", "Create and start the project's containers");
  declare_up(options, flags);
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  TRY(check(flags));
  const model::Project& project = *TRY(invocation.load({*services, flags.no_deps}));
  compose::UpOptions up = TRY(make_up_options(invocation, flags.common, *services));
  if (flags.always_recreate_deps) up.reconcile.recreate_dependencies = compose::plan::Recreate::Force;
  up.reconcile.renew_anonymous_volumes = flags.renew_volumes;
  if (flags.renew_volumes) up.reconcile.recreate = compose::plan::Recreate::Force;
  up.reconcile.start = !flags.no_start;
  up.reconcile.no_dependencies = flags.no_deps;
  up.reconcile.timeout = flags.timeout;
  up.reconcile.wait = flags.wait;
  up.reconcile.wait_timeout = flags.wait_timeout;
  if (!flags.exit_code_from.empty() && !project.services.contains(flags.exit_code_from)) {
    return base::fail(base::ErrorClass::NotFound, fmt::format("no such service: {}", flags.exit_code_from));
  }
  compose::Session& session = *TRY(invocation.session());
  const bool detached = flags.detach || flags.wait || flags.no_start || session.dry_run;
  if (!detached) {
    return AttachedUp(invocation, session, project,
                      make_attach_options(invocation, flags, project, *services))
        .run(up);
  }
  TRY(compose::up(session, project, up));
  return 0;
}

}  // namespace cli
