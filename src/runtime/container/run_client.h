// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"

namespace runtime::container {

/// Number that the first of RunRequest::descriptors has in the launching process; the next ones follow.
inline constexpr int kFirstRunDescriptor = 5;

/// One process to run to its end in a container of its own, without a monitor, status or log: a step of
/// a build.
struct RunRequest {
  std::string launch_plan;   ///< encode(LaunchPlan), see launch_plan.h.
  std::string network_plan;  ///< As in MonitorPlan.
  /// Borrowed; the launching process has them as kFirstRunDescriptor and up, so that the launch plan may
  /// name them (detached mounts). The process that is run does not see them. At most 10.
  std::vector<int> descriptors;
};

/// How a process that did start has ended.
struct RunOutcome {
  int exit_code = 0;  ///< 128 + signal when a signal ended it.
  bool oom_killed = false;
};

/// Bytes the process wrote to its standard output or error, as they come.
using RunOutput = std::function<void(std::string_view bytes)>;

/// Runs the process, with /dev/null as its input. Everything of it is gone when this returns: processes,
/// mounts, cgroup, network. The error says why it could not be started; Cancelled when asked to, after
/// killing it. Safe to call from several threads.
base::Result<RunOutcome> run_to_end(const RunRequest& request, const RunOutput& output,
                                    const base::Cancellation& cancellation);

}  // namespace runtime::container
