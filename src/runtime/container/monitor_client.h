// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/container/monitor_plan.h"
#include "runtime/container/status_record.h"

namespace runtime::container {

/// What `start_monitor` found out about the container that it started.
struct RunningState {
  std::int64_t pid = 0;  ///< Of the container's first process; 0 with `plan.attach`.
  std::int64_t monitor_pid = 0;
  std::string network_state;  ///< What runtime/network reported, its own bytes (ports chosen, addresses).
};

/// Starts a monitor for `plan` in a process of its own, which outlives the caller, and waits until the
/// container's process has been executed or could not be. The error is the monitor's own, as if the
/// work had been done here; nothing is left running then. Conflict when a monitor for the container
/// runs already. `<run_root>/status` and `<run_root>/containers/<id>` are made when missing.
/// Safe to call from several threads. The caller's memory is never copied (vfork-like).
base::Result<RunningState> start_monitor(const MonitorPlan& plan);

/// Asks the container to end: stop signal, then SIGKILL after `timeout` (unset: the plan's; negative:
/// never), and returns once it has ended for good and everything of it has been released. Success when
/// it does not run.
base::Result<> stop_container(const std::string& run_root, const std::string& container_id,
                              std::optional<base::Duration> timeout);

/// Sends `signal` to the first process. Conflict when the container does not run. SIGKILL and the
/// container's stop signal also keep the restart policy from starting it again, others do not.
base::Result<> kill_container(const std::string& run_root, const std::string& container_id, int signal);

/// Freezes or thaws all its processes. Conflict when it does not run, or is in that state already.
base::Result<> pause_container(const std::string& run_root, const std::string& container_id);
base::Result<> unpause_container(const std::string& run_root, const std::string& container_id);

/// New size of the terminal. Conflict when the container does not run; without a tty: Invalid.
base::Result<> resize_container(const std::string& run_root, const std::string& container_id,
                                std::uint16_t rows, std::uint16_t columns);

/// Waits until the container has stopped for good (no restart follows) and has released everything; the
/// last status. NotFound when it was never started; Cancelled when asked to.
base::Result<StatusRecord> wait_container(const std::string& run_root, const std::string& container_id,
                                          const base::Cancellation& cancellation);

}  // namespace runtime::container
