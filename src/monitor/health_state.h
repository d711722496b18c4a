// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/duration.h"
#include "model/observed.h"
#include "runtime/container/monitor_plan.h"

namespace monitor {

/// Exit code of a probe that ran into its timeout or could not be run.
inline constexpr int kProbeFailed = -1;
/// What is kept of a probe's output.
inline constexpr std::size_t kMaxProbeOutput = 4096;

struct ProbeResult {
  int exit_code = 0;
  std::string output;
  base::Duration since_start{};  ///< From the container's start to the probe's end.
};

/// What probe results mean: starting, healthy or unhealthy, and when to probe next. Pure.
///
/// In the start period failures do not count until the first success. One probe is made after each
/// interval (start_interval in the start period). Before the first of these, probes at growing gaps find
/// out early that a container is healthy; only their success means something.
/// compose-spec: services.*.healthcheck.
class HealthState {
 public:
  explicit HealthState(const runtime::container::HealthPlan& plan) : plan_(&plan) {}

  /// Starting again, after the container's start.
  void reset();
  /// Takes one result in; true when it changed `health()`.
  bool record(const ProbeResult& result);
  /// How long to wait for the next probe, `since_start` being the age of the container.
  base::Duration next_wait(base::Duration since_start) const;

  model::Health health() const { return health_; }
  std::uint32_t failing_streak() const { return failing_streak_; }

 private:
  /// The time until which failures of early probes mean nothing: the first regular probe.
  base::Duration first_regular() const;
  bool in_start_period(base::Duration since_start) const { return since_start < plan_->start_period; }

  const runtime::container::HealthPlan* plan_;
  model::Health health_ = model::Health::Starting;
  std::uint32_t failing_streak_ = 0;
};

}  // namespace monitor
