// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/signal_forwarder.h"
#include "cli/terminal_session.h"
#include "compose/containers.h"

namespace cli {

base::Result<int> run_attach(Invocation& invocation) {
  std::optional<int> index;
  bool no_stdin = false, forward = true;
  std::string keys;
  OptionSet options =
      invocation.options("[OPTIONS] SERVICE", "Connect the terminal to a running container's process");
  options
      .text("--detach-keys", keys, "Keys that leave it running, as ctrl-x,q (default: ctrl-p,ctrl-q)", "KEYS")
      .number("--index", index, "Of the replica with this number")
      .flag("--no-stdin", no_stdin, "Do not pass the input on")
      .flag("--sig-proxy", forward, "Pass interrupts on to the process; --sig-proxy=false ends the command");
  const auto rest = TRY(options.parse(invocation.arguments()));
  if (!rest) return 0;
  if (rest->size() != 1) return base::fail(base::ErrorClass::Invalid, "attach needs a service");
  const std::optional<std::string> detach_keys = TRY(parse_detach_keys(keys));
  const std::string project = TRY(invocation.project_name());
  compose::Session& session = *TRY(invocation.session());
  const auto container =
      TRY(compose::find_container(session.engine, project, rest->front(), index.value_or(0)));
  const TerminalSession terminal =
      TRY(TerminalSession::open(container.tty && TerminalSession::is_possible(), !no_stdin));
  engine_client::TerminalStreams streams = terminal.streams();
  if (detach_keys) streams.detach_keys = *detach_keys;
  std::optional<SignalForwarder> forwarder;
  if (forward) forwarder.emplace(session, container.id);
  TRY(session.engine.containers().attach(container.id, streams, {}, session.cancellation));
  const auto after = session.engine.containers().inspect(container.id);
  const bool ended = after && after->status == model::ContainerStatus::Exited;
  return ended ? after->exit_code : 0;
}

}  // namespace cli
