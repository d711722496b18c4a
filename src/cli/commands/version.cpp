// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands/commands.h"

namespace cli {

base::Result<int> run_version(Invocation& invocation) {
  bool short_form = false;
  std::string format = "pretty";
  OptionSet options = invocation.options("[OPTIONS]", "Print the version");
  options.takes({});
  options.flag("--short", short_form, "The number alone")
      .choice("-f,--format", format, {"pretty", "json"}, "Format");
  if (!TRY(options.parse(invocation.arguments()))) return 0;
  if (short_form) {
    fmt::print("{}\n", invocation.version());
  } else if (format == "json") {
    fmt::print("{{\"version\":\"v{}\"}}\n", invocation.version());
  } else {
    fmt::print("Compose version v{}\n", invocation.version());
  }
  return 0;
}

}  // namespace cli
