// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/terminal_session.h"
#include "compose/containers.h"

namespace cli {

base::Result<int> run_exec(Invocation& invocation) {
  engine_client::ExecSpec spec;
  std::optional<int> index;
  bool no_tty = false, interactive = true, tty = true;
  OptionSet options =
      invocation.options("[OPTIONS] SERVICE COMMAND [ARGS...]", "Run a command in a running container");
  options.flag("-d,--detach", spec.detach, "Leave it running in the background")
      .list("-e,--env", spec.environment, "Variable for the command", "KEY=VALUE")
      .number("--index", index, "In the replica with this number")
      .flag("-T,--no-tty,--no-TTY", no_tty, "No terminal for the command")
      .flag("-i,--interactive", interactive, "Pass the input on")
      .flag("-t,--tty", tty, "A terminal for the command")
      .flag("--privileged", spec.privileged, "With every right")
      .text("-u,--user", spec.user, "User to run it as")
      .text("-w,--workdir", spec.working_dir, "Folder to run it in");
  auto rest = TRY(options.parse(invocation.arguments(), Positionals::EndOfOptions));
  if (!rest) return 0;
  if (rest->size() < 2) return base::fail(base::ErrorClass::Invalid, "exec needs a service and a command");
  const std::string service = rest->front();
  spec.command.assign(rest->begin() + 1, rest->end());
  for (std::string& entry : spec.environment) {
    // A name alone takes the value it has here.
    if (entry.find('=') == std::string::npos) entry += "=" + invocation.variable(entry.c_str());
  }
  engine_client::Engine& engine = *TRY(invocation.engine());
  const std::string project = TRY(invocation.project_name());
  const auto container = TRY(compose::find_container(engine, project, service, index.value_or(0)));
  spec.tty = !no_tty && tty && TerminalSession::is_possible();
  TerminalSession terminal = TRY(TerminalSession::open(spec.tty, interactive && !spec.detach));
  return engine.exec().run(container.id, spec, terminal.streams(), TRY(invocation.session())->cancellation);
}

}  // namespace cli
