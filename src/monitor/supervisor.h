// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "monitor/health_prober.h"
#include "monitor/input_writer.h"
#include "monitor/output_pump.h"
#include "monitor/restart_backoff.h"
#include "runtime/container/launch_plan.h"
#include "runtime/container/log_writer.h"
#include "runtime/container/monitor_plan.h"
#include "runtime/container/process.h"
#include "runtime/container/status_record.h"
#include "sys/event_loop.h"

namespace monitor {

/// What the supervisor tells those who are attached.
struct SupervisorEvents {
  std::function<void(runtime::container::LogStream, std::string_view)> output;
  /// All its output has been passed on, and it will be started again. The last end is told of by whoever
  /// owns the supervisor, once it is recorded.
  std::function<void(int exit_code)> process_ended;
  std::function<void()> input_drained;
};

/// One container from its first start until it has stopped for good:
///
///   Held ──start()──► Running ──end, policy says so──► Waiting ──back-off──► Running
///    │                   │ end                            │
///    └─────stop──────────┴───────────► Ended ◄────stop────┘
///
/// Writes its status at each change and its output to the log.
class Supervisor {
 public:
  enum class Phase { Held, Running, Waiting, Ended };

  Supervisor(sys::EventLoop& loop, const runtime::container::MonitorPlan& plan,
             runtime::container::LaunchPlan launch, runtime::container::LogWriter log);

  void set_events(SupervisorEvents events) { events_ = std::move(events); }
  /// Builds the health prober; the plan's own bytes may be wrong.
  base::Result<> prepare();
  /// The first start. Its failure ends the container: there is no restart then.
  base::Result<> start();

  /// Stop signal, then SIGKILL after `grace` (negative: never). A further call can only shorten that.
  void request_stop(base::Duration grace);
  base::Result<> kill(int signal);
  base::Result<> pause();
  base::Result<> unpause();
  base::Result<> resize(std::uint16_t rows, std::uint16_t columns);

  InputWriter& input() { return input_; }
  OutputPump& output() { return output_; }
  Phase phase() const { return phase_; }
  const runtime::container::StatusRecord& status() const { return record_; }
  /// Puts the status where clients read it.
  base::Result<> write_status();
  /// As write_status(); a failure is only noted in the log.
  void save_status();
  /// Says in the container's log what went wrong when nobody else can be told.
  void note(std::string_view what, const base::Error& error);

  /// Ends what is left in the cgroup, removes it and fills in the last status, which the caller writes
  /// when everything else of the container is gone too.
  void release();

 private:
  base::Result<> launch();
  base::Result<runtime::container::StartedProcess> start_with_pipes();
  base::Result<> start_with_terminal(sys::UniqueFd console);
  void on_exit();
  void restart_or_end(const ProcessEnd& end);
  void restart();
  void end();
  void kill_now();
  void health_changed();

  sys::EventLoop& loop_;
  const runtime::container::MonitorPlan& plan_;
  runtime::container::LaunchPlan launch_;
  runtime::container::LogWriter log_;
  SupervisorEvents events_;
  OutputPump output_;
  InputWriter input_;
  std::optional<HealthProber> health_;
  RestartBackoff backoff_;
  runtime::container::StatusRecord record_;
  std::string written_status_;
  Phase phase_ = Phase::Held;
  bool paused_ = false, launched_ = false, stop_signalled_ = false;
  sys::UniqueFd process_, console_;
  std::uint64_t oom_kills_before_ = 0;
  sys::EventLoop::TimerId restart_timer_ = 0, kill_timer_ = 0;
  std::optional<sys::EventLoop::Clock::time_point> kill_time_;
  sys::EventLoop::Clock::time_point launch_time_;
};

}  // namespace monitor
