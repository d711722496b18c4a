// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/observed.h"

namespace runtime::container {

/// What is true of a container now; written only by its monitor, whole, by rename.
struct StatusRecord {
  model::ContainerStatus status = model::ContainerStatus::Created;
  std::int64_t pid = 0;  ///< Of the container's first process in the host's pid namespace; 0: none.
  std::int64_t monitor_pid = 0;
  std::uint64_t monitor_start = 0;  ///< Clock ticks since boot, man 5 proc_pid_stat field 22.
  model::TimePoint started, finished;
  int exit_code = 0;  ///< 128 + signal when a signal ended it.
  bool oom_killed = false;
  bool stop_requested = false;  ///< The last end was asked for (stop, kill): no restart follows.
  std::uint32_t restart_count = 0;
  std::string error;  ///< Why the last start or restart failed; one line.

  model::Health health = model::Health::None;
  std::uint32_t failing_streak = 0;
  int health_exit_code = 0;   ///< Of the last probe; -1: it ran into its timeout.
  std::string health_output;  ///< Of the last probe, at most 4096 bytes.

  bool operator==(const StatusRecord&) const = default;
};

/// `key=value` lines, each value with `\n` and `\\` escaped.
std::string encode(const StatusRecord& record);
/// Unknown keys are skipped, missing ones keep their default. Invalid for a malformed line or number.
base::Result<StatusRecord> decode_status(std::string_view text);

/// `<run_root>/status/<container_id>`
std::string status_path(const std::string& run_root, const std::string& container_id);
/// `<run_root>/containers/<container_id>/control`
std::string control_path(const std::string& run_root, const std::string& container_id);

/// `<run_root>/containers/<container_id>/network`: what runtime/network reported at the start, its own
/// bytes (ports chosen); written by the monitor before the process runs.
std::string network_state_path(const std::string& run_root, const std::string& container_id);

/// The container's status; none when it was never started under this run root. When the record says
/// that it lives but its monitor does not, the answer is Dead with exit code 137 and the reason.
base::Result<std::optional<StatusRecord>> read_status(const std::string& run_root,
                                                      const std::string& container_id);

/// As read_status for every container, by container ID. One unreadable record does not hide the others:
/// it is answered as Dead with the reason.
base::Result<std::map<std::string, StatusRecord>> read_all_statuses(const std::string& run_root);

/// Whether the monitor that wrote `record` still runs (its pid and start time agree).
bool monitor_alive(const StatusRecord& record);

}  // namespace runtime::container
