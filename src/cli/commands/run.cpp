// SPDX-License-Identifier: Apache-2.0
#include "compose/run.h"

#include <random>

#include <fmt/format.h>

#include "base/split.h"
#include "cli/commands/commands.h"
#include "cli/run_values.h"
#include "cli/signal_forwarder.h"
#include "cli/terminal_session.h"
#include "cli/up_flags.h"

namespace cli {
namespace {

struct Flags {
  UpFlags common;
  compose::RunOptions run;
  bool no_tty = false, tty = false, quiet = false;
  std::optional<std::string> entrypoint;
  std::string entrypoint_text;
  std::vector<std::string> env_files, labels, publish, volumes;
};

void declare_run(OptionSet& options, Flags& flags) {
  compose::RunOptions& run = flags.run;
  options.flag("--build", flags.common.build, "Build the image first")
      .list("--cap-add", run.cap_add, "Capability to add")
      .list("--cap-drop", run.cap_drop, "Capability to drop")
      .flag("-d,--detach", run.detach, "Leave it running, and print its ID")
      .text("--entrypoint", flags.entrypoint_text, "Instead of the image's entrypoint")
      .list("-e,--env", run.environment, "Variable for the container", "KEY=VALUE")
      .list("--env-from-file", flags.env_files, "File with variables for the container", "path")
      .flag("-i,--interactive", run.interactive, "Pass the input on")
      .list("-l,--label", flags.labels, "Label for the container", "KEY=VALUE")
      .text("--name", run.name, "Name for the container")
      .flag("--no-deps", run.no_dependencies, "Leave services alone that it depends on")
      .flag("-T,--no-tty,--no-TTY", flags.no_tty, "No terminal for the container")
      .flag("-t,--tty", flags.tty, "A terminal for the container")
      .list("-p,--publish", flags.publish, "Publish a port", "HOST:CONTAINER")
      .choice("--pull", flags.common.pull, {"always", "missing", "never", "build", "policy"},
              "When to pull images")
      .flag("-q,--quiet", flags.quiet, "No progress")
      .flag("--quiet-build", flags.common.quiet_build, "Build without progress")
      .flag("--quiet-pull", flags.common.quiet_pull, "Pull without progress")
      .flag("--remove-orphans", flags.common.remove_orphans,
            "Remove containers of services that are no longer there")
      .flag("--rm", run.remove, "Remove the container when it ends")
      .flag("-P,--service-ports", run.service_ports, "Publish the service's ports")
      .flag("--use-aliases", run.use_aliases, "Answer to the service's names on its networks")
      .text("-u,--user", run.user, "User to run as")
      .list("-v,--volume", flags.volumes, "Mount", "SOURCE:TARGET")
      .text("-w,--workdir", run.working_dir, "Folder to run in");
}

std::string random_slug() {
  std::random_device random;
  std::string out;
  for (int i = 0; i < 8; ++i) out += fmt::format("{:08x}", random());
  return out;
}

}  // namespace

base::Result<int> run_run(Invocation& invocation) {
  Flags flags;
  OptionSet options = invocation.options("[OPTIONS] SERVICE [COMMAND] [ARGS...]",
                                         "Run a one-off command in a new container of a service");
  declare_run(options, flags);
  auto rest = TRY(options.parse(invocation.arguments(), Positionals::EndOfOptions));
  if (!rest) return 0;
  if (rest->empty()) return base::fail(base::ErrorClass::Invalid, "run needs a service");
  compose::RunOptions& run = flags.run;
  run.service = rest->front();
  run.command.assign(rest->begin() + 1, rest->end());
  const model::Project& project = *TRY(invocation.load({{run.service}, run.no_dependencies}));
  if (!flags.entrypoint_text.empty()) run.entrypoint = TRY(split_words(flags.entrypoint_text));
  run.labels = to_map(flags.labels);
  for (const std::string& text : flags.publish) run.ports.push_back(TRY(parse_publish(text)));
  for (const std::string& text : flags.volumes) {
    run.mounts.push_back(TRY(parse_volume(text, invocation.load_options().working_directory)));
  }
  std::vector<std::string> environment =
      TRY(read_env_files(flags.env_files, invocation.files(), invocation.load_options().working_directory));
  environment.insert(environment.end(), run.environment.begin(), run.environment.end());
  run.environment = std::move(environment);
  run.slug = random_slug();
  run.tty = !run.detach && !flags.no_tty && TerminalSession::is_possible();
  run.up = TRY(make_up_options(invocation, flags.common, {}));
  run.up.images.whole = invocation.load_whole();
  invocation.quiet_progress = flags.quiet;
  compose::Session& session = *TRY(invocation.session());
  std::optional<TerminalSession> terminal;
  std::optional<SignalForwarder> forwarder;
  terminal = TRY(TerminalSession::open(false, run.interactive && !run.detach));
  return compose::run(session, project, run,
                      [&](const std::string& id) -> base::Result<engine_client::TerminalStreams> {
                        invocation.progress().finish();
                        if (run.detach) {
                          fmt::print("{}\n", id);
                        } else {
                          forwarder.emplace(session, id);
                        }
                        // Only now: until here an interrupt had to work.
                        if (run.tty) terminal = TRY(TerminalSession::open(true, run.interactive));
                        return terminal->streams();
                      });
}

}  // namespace cli
