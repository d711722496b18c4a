// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/container/launch_plan.h"

/// The second half of a launch: a process that stands inside the container becomes the one of the plan.
/// Used by the first process and by `exec` alike.
namespace runtime::container {

enum class PidOneInit { No, Yes };

/// How the process is bound to whoever started it.
struct ProcessContext {
  int channel = -1;  ///< To the starting process.
  bool die_with_parent = true;
  PidOneInit init = PidOneInit::No;
};

/// Closed to other processes' eyes, and killed with the parent. Cancelled when that has gone already.
base::Result<> bind_to_parent(const ProcessContext& context);

/// Settings that need the host's /proc: oom_score_adj. To be called before the container is entered.
base::Result<> set_oom_score(const ProcessPlan& plan);

/// Session, user, limits, capabilities, filter, execve. The root is the container's already and 0 to 2
/// are in place. Returns only on failure.
base::Error become_process(const ProcessPlan& plan, const ProcessContext& context);

/// execve of `arguments[0]`, looked for in `environment`'s PATH when it has no slash. Returns only on
/// failure, with exit code 126 or 127 and what is likely wrong.
base::Error execute(const std::vector<std::string>& arguments, const std::vector<std::string>& environment);

}  // namespace runtime::container
