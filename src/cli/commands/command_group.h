// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/invocation.h"

namespace cli {

using Arguments = std::vector<std::string>;

enum class Effect { Changes, Reads };

/// One command of a group, as `ls` of `image`. What only reads may run under --dry-run.
struct GroupCommand {
  std::string_view name, summary;
  base::Result<int> (*run)(Invocation&, const Arguments&);
  Effect effect = Effect::Changes;
  std::string_view alias = {};
};

/// Runs the command that the first argument names; without one, or with --help, prints what there is.
base::Result<int> run_group(Invocation& invocation, std::string_view summary,
                            std::span<const GroupCommand> commands);

/// The options of a group's command: "compose image ls".
OptionSet group_options(const Invocation& invocation, std::string_view name, const std::string& usage,
                        const std::string& summary);

/// Unsupported under --dry-run: the command has no plan that it could print instead. `command` as typed.
base::Result<> refuse_dry_run(const Invocation& invocation, std::string_view command);

}  // namespace cli
