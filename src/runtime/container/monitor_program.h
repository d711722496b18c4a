// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"
#include "sys/spawn.h"

namespace runtime::container {

/// How the embedded compose-monitor is to be run.
struct MonitorLaunch {
  std::string mode;                 ///< "monitor", "exec" or "run".
  std::string plan;                 ///< Bytes the mode reads.
  int in = -1, out = -1, err = -1;  ///< Borrowed; -1: /dev/null.
  std::vector<int> further;         ///< Borrowed; from kFirstRunDescriptor on.
  sys::Parentage parentage = sys::Parentage::Child;
};

struct LaunchedMonitor {
  sys::UniqueFd report;  ///< Message socket on which it says how it went.
  sys::Spawned process;
};

/// Says that this process is a monitor: its program is executed again, when it is the same, instead of a new
/// copy. Call it before the first launch.
void share_program_of(std::int64_t monitor);

/// Executes the program from memory; nothing of it lies on disk. Safe from several threads.
base::Result<LaunchedMonitor> launch_monitor(const MonitorLaunch& launch);

/// What a launched program said on its report socket.
struct MonitorReport {
  std::int64_t pid = 0;
  std::string network_state;
  sys::UniqueFd console;
};
/// Waits for Started. The Error is what the program reports, or that it ended without a word.
base::Result<MonitorReport> read_start_report(int report);

struct EndReport {
  int exit_code = 0;
  bool oom_killed = false;
};
/// Reads Ended, waiting for it.
base::Result<EndReport> read_end_report(int report);

}  // namespace runtime::container
