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

/// One command of a group, as `ls` of `image`.
struct GroupCommand {
  std::string_view name, summary;
  base::Result<int> (*run)(Invocation&, const Arguments&);
  std::string_view alias = {};
};

/// Runs the command that the first argument names; without one, or with --help, prints what there is.
base::Result<int> run_group(Invocation& invocation, std::string_view summary,
                            std::span<const GroupCommand> commands);

/// The options of a group's command: "compose image ls".
OptionSet group_options(const Invocation& invocation, std::string_view name, const std::string& usage,
                        const std::string& summary);

/// Invalid, with the message, when there are fewer than `least` arguments.
base::Result<> need_arguments(const Arguments& arguments, std::size_t least, const char* message);

}  // namespace cli
