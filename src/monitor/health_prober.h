// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "monitor/health_state.h"
#include "runtime/container/launch_plan.h"
#include "sys/event_loop.h"
#include "sys/fd.h"

namespace monitor {

/// Runs health probes in a container, one at a time, and keeps the verdict.
class HealthProber {
 public:
  /// `changed` is called after each probe.
  HealthProber(sys::EventLoop& loop, const runtime::container::HealthPlan& plan,
               runtime::container::ExecPlan probe, std::function<void()> changed);
  ~HealthProber();
  HealthProber(const HealthProber&) = delete;
  HealthProber& operator=(const HealthProber&) = delete;

  /// The container has been started; its first process is behind `pidfd`, which stays the caller's.
  void start(int pidfd);
  /// No more probes; one that runs is killed.
  void stop();
  /// No probes while the container is paused; one that runs is killed and means nothing.
  void suspend();
  void resume();

  const HealthState& state() const { return state_; }
  const ProbeResult& last() const { return last_; }

 private:
  base::Duration age() const { return sys::EventLoop::Clock::now() - started_; }
  void schedule();
  void probe();
  base::Result<> run_probe();
  void on_output();
  void on_process_end();
  void close_output();
  void finish_probe(int exit_code, const std::string& note);
  void kill_probe();

  sys::EventLoop& loop_;
  const runtime::container::HealthPlan& plan_;
  runtime::container::ExecPlan exec_plan_;
  std::function<void()> changed_;
  HealthState state_;
  ProbeResult last_;
  sys::EventLoop::Clock::time_point started_;
  int container_ = -1;
  sys::EventLoop::TimerId next_ = 0, deadline_ = 0;
  sys::UniqueFd process_, output_;
  enum class Verdict { Counts, TimedOut, Ignored };
  Verdict verdict_ = Verdict::Counts;  ///< What the end of the running probe will mean.
  std::string text_;
};

}  // namespace monitor
