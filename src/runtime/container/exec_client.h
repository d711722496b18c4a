// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/container/attach_client.h"

namespace runtime::container {

enum class ExecMode { Attached, Detached };

struct ExecRequest {
  std::string run_root, container_id;
  std::string exec_plan;                ///< encode(ExecPlan), see launch_plan.h; says whether there is a tty.
  bool tty = false;                     ///< As in the plan.
  std::uint16_t rows = 0, columns = 0;  ///< First size of the terminal, with `tty`.
  ExecMode mode = ExecMode::Attached;
};

/// Runs one further process in a running container and copies its streams; its exit code, 128 + signal
/// when a signal ended it. The process gets pipes or a terminal of its own, never the caller's
/// descriptors. Detached: 0 as soon as it runs. 126 and 127 are ordinary exit codes (not executable,
/// not found; the reason goes to `standard_error`). Conflict when the container does not run.
/// Cancelled kills the process.
base::Result<int> run_exec(const ExecRequest& request, const ProcessStreams& streams,
                           const base::Cancellation& cancellation);

}  // namespace runtime::container
