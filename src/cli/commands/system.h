// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands/command_group.h"

namespace cli {

base::Result<int> run_system_df(Invocation&, const Arguments&);     ///< `system df`
base::Result<int> run_system_prune(Invocation&, const Arguments&);  ///< `system prune`

}  // namespace cli
