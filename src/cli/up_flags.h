// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/invocation.h"
#include "cli/option_set.h"
#include "compose/up.h"

namespace cli {

/// What `up` and `create` have in common.
struct UpFlags {
  bool build = false, no_build = false, force_recreate = false, no_recreate = false, remove_orphans = false;
  bool quiet_pull = false, quiet_build = false, yes = false;
  std::string pull;
  std::vector<std::string> scale;
};
void declare(OptionSet& options, UpFlags& out);

/// The use case's options from flags and COMPOSE_* variables. Invalid: pairs that exclude each other.
base::Result<compose::UpOptions> make_up_options(Invocation& invocation, const UpFlags& flags,
                                                 const std::vector<std::string>& services);

/// "web=3" entries. Invalid: no number, a negative one.
base::Result<std::map<std::string, int>> parse_scale(const std::vector<std::string>& entries);

}  // namespace cli
