// SPDX-License-Identifier: Apache-2.0
#include "monitor/health_state.h"

#include <algorithm>

namespace monitor {
namespace {

using model::Health;

constexpr base::Duration kFirstEarlyProbe = std::chrono::milliseconds(250);

}  // namespace

void HealthState::reset() {
  health_ = Health::Starting;
  failing_streak_ = 0;
}

base::Duration HealthState::first_regular() const {
  return in_start_period({}) ? std::min(plan_->start_interval, plan_->interval) : plan_->interval;
}

bool HealthState::record(const ProbeResult& result) {
  const Health before = health_;
  if (result.exit_code == 0) {
    health_ = Health::Healthy;
    failing_streak_ = 0;
    return health_ != before;
  }
  if (health_ == Health::Starting &&
      (in_start_period(result.since_start) || result.since_start < first_regular())) {
    return false;
  }
  ++failing_streak_;
  if (failing_streak_ >= std::max<std::uint32_t>(plan_->retries, 1)) health_ = Health::Unhealthy;
  return health_ != before;
}

base::Duration HealthState::next_wait(base::Duration since_start) const {
  const bool starting = health_ == Health::Starting;
  const base::Duration regular = starting && in_start_period(since_start)
                                     ? std::min(plan_->start_interval, plan_->interval)
                                     : plan_->interval;
  if (!starting || since_start >= first_regular()) return regular;
  // Early probes at 0.25, 0.5, 1, 2, ... s; the first regular one comes at its own time.
  const base::Duration early = std::max(since_start, kFirstEarlyProbe);
  const base::Duration wait = since_start < kFirstEarlyProbe ? kFirstEarlyProbe - since_start : early;
  return std::min(wait, first_regular() - since_start);
}

}  // namespace monitor
