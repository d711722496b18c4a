// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/result.h"
#include "model/container_spec.h"

namespace runtime::container {

/// Where a container's output goes. compose-spec: services.*.logging.
struct LogPlan {
  std::string directory;        ///< Absolute, exists; empty: output is thrown away (driver "none").
  std::uint64_t max_bytes = 0;  ///< A file is closed when it has this many; 0: never.
  std::uint32_t max_files = 1;  ///< Files kept, the one being written included; at least 1.
  bool operator==(const LogPlan&) const = default;
};

/// Health probe, everything resolved. compose-spec: services.*.healthcheck.
struct HealthPlan {
  std::string exec_plan;  ///< encode(ExecPlan): what a probe runs; empty: the container has no health.
  base::Duration interval = std::chrono::seconds(30);
  base::Duration timeout = std::chrono::seconds(30);
  base::Duration start_period{};
  base::Duration start_interval = std::chrono::seconds(5);
  std::uint32_t retries = 3;
  bool operator==(const HealthPlan&) const = default;
};

/// Everything one monitor needs to supervise one container, once, until it has stopped for good.
/// Values only: nothing here is looked up again by name in a database or a file.
struct MonitorPlan {
  std::string container_id;  ///< 64 hex digits.
  std::string run_root;      ///< Absolute. Status and control socket lie below it (docs/architecture.md).

  std::string launch_plan;   ///< encode(LaunchPlan), see launch_plan.h.
  std::string network_plan;  ///< Bytes only runtime/network reads; empty: the monitor stays in the host's.

  /// Namespace to live in instead of one of its own (network_mode "container:<id>"): "/proc/<pid>/ns/net".
  /// Joined once, before the first start; the launch plan's own path is not used then.
  std::string join_network;

  LogPlan log;
  HealthPlan health;
  model::RestartPolicy restart;
  /// Restarts counted so far, for a container the engine starts again by itself.
  std::uint32_t restart_count = 0;

  int stop_signal = 15;
  base::Duration stop_grace = std::chrono::seconds(10);  ///< Negative: wait without end.

  bool tty = false;         ///< Standard streams are one pseudo terminal.
  bool stdin_open = false;  ///< Standard input is a pipe that stays open; else it is /dev/null.
  /// The process starts only when an attached client says so, so that it misses nothing; stdin closes
  /// with that client. Connect with `attach()` after `start_monitor()`, then call `release()`.
  bool attach = false;
  std::uint16_t rows = 0, columns = 0;  ///< First size of the terminal; 0: unknown.

  bool operator==(const MonitorPlan&) const = default;
};

/// Compact binary form, read only by the monitor of the same program.
std::string encode(const MonitorPlan& plan);
/// Invalid when the bytes are not a whole plan of this version.
base::Result<MonitorPlan> decode_monitor_plan(std::string_view bytes);

}  // namespace runtime::container
