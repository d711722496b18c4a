// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command_group.h"

#include <fmt/format.h>

#include "base/suggest.h"

namespace cli {

base::Result<int> run_group(Invocation& invocation, std::string_view summary,
                            std::span<const GroupCommand> commands) {
  Arguments arguments = invocation.arguments();
  const std::string name = arguments.empty() ? "" : arguments.front();
  std::vector<std::string> names;
  for (const GroupCommand& command : commands) {
    names.emplace_back(command.name);
    if (name.empty() || (command.name != name && command.alias != name)) continue;
    arguments.erase(arguments.begin());
    if (command.effect == Effect::Changes) {
      TRY(refuse_dry_run(invocation, fmt::format("{} {}", invocation.command, name)));
    }
    return command.run(invocation, arguments);
  }
  if (!name.empty() && name != "--help" && name != "-h") {
    const std::string nearest = base::nearest_name(name, names);
    return base::fail(base::make_error(base::ErrorClass::Invalid,
                                       fmt::format("unknown command: {} {}", invocation.command, name))
                          .with_hint(nearest.empty()
                                         ? fmt::format("`{} --help` lists the commands", invocation.command)
                                         : fmt::format("did you mean \"{}\"?", nearest)));
  }
  fmt::print("Usage:  {} COMMAND\n\n{}\n\nCommands:\n", invocation.command, summary);
  for (const GroupCommand& command : commands) fmt::print("  {:<8} {}\n", command.name, command.summary);
  fmt::print("\nRun '{} COMMAND --help' for the options of a command.\n", invocation.command);
  return 0;
}

OptionSet group_options(const Invocation& invocation, std::string_view name, const std::string& usage,
                        const std::string& summary) {
  return OptionSet(fmt::format("{} {}", invocation.command, name), usage, summary);
}

base::Result<> refuse_dry_run(const Invocation& invocation, std::string_view command) {
  if (!invocation.global().dry_run) return {};
  return base::fail(base::make_error(base::ErrorClass::Unsupported,
                                     fmt::format("`{}` cannot be run with --dry-run", command))
                        .with_hint("it would really be carried out: nothing was done"));
}

}  // namespace cli
