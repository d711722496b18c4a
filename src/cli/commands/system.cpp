// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/system.h"

#include <array>

#include <fmt/format.h>

#include "cli/commands/commands.h"

namespace cli {
namespace {

base::Result<int> run_check(Invocation& invocation, const Arguments& arguments) {
  engine_client::CheckOptions wanted;
  OptionSet options = group_options(invocation, "check", "[OPTIONS]",
                                    "Hold the store's records, layers and blobs against each other");
  options.flag("--content", wanted.content, "Also read everything and hold it against its digest")
      .flag("--repair", wanted.repair,
            "Mend what is wrong; what cannot be mended must be pulled or built again");
  options.takes({});
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  if (wanted.repair) TRY(refuse_dry_run(invocation, invocation.command + " check --repair"));
  const auto report = TRY(TRY(invocation.engine())->system().check(wanted));
  for (const std::string& problem : report.problems) fmt::print("problem: {}\n", problem);
  for (const std::string& repair : report.repairs) fmt::print("repaired: {}\n", repair);
  if (report.problems.empty()) {
    fmt::print("The store is sound.\n");
    return 0;
  }
  if (wanted.repair) return 0;
  return base::fail(
      base::make_error(base::ErrorClass::Io, fmt::format("{} problem{} found", report.problems.size(),
                                                         report.problems.size() == 1 ? "" : "s"))
          .with_hint("`compose system check --repair` mends what can be mended"));
}

constexpr std::array kSystemCommands = {
    GroupCommand{"check", "Check the store, and mend it", run_check, Effect::Reads},
    GroupCommand{"df", "Show what takes room on disk", run_system_df, Effect::Reads},
    GroupCommand{"prune", "Remove what nothing uses", run_system_prune},
};

}  // namespace

base::Result<int> run_system(Invocation& invocation) {
  return run_group(invocation, "Work with everything the engine keeps", kSystemCommands);
}

}  // namespace cli
