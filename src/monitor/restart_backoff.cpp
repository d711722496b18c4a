// SPDX-License-Identifier: Apache-2.0
#include "monitor/restart_backoff.h"

#include <algorithm>

namespace monitor {
namespace {

constexpr base::Duration kFirstWait = std::chrono::milliseconds(100);
constexpr base::Duration kLongestWait = std::chrono::minutes(1);
constexpr base::Duration kSteadyRun = std::chrono::seconds(10);

bool policy_wants(const model::RestartPolicy& policy, const ProcessEnd& end, std::uint32_t restarts) {
  switch (policy.mode) {
    case model::RestartMode::No: return false;
    case model::RestartMode::Always:
    case model::RestartMode::UnlessStopped: return true;
    case model::RestartMode::OnFailure:
      if (end.exit_code == 0) return false;
      return policy.max_attempts <= 0 || restarts < static_cast<std::uint32_t>(policy.max_attempts);
  }
  return false;
}

}  // namespace

std::optional<base::Duration> RestartBackoff::next(const ProcessEnd& end) {
  if (end.stop_requested || !policy_wants(policy_, end, restarts_)) return std::nullopt;
  if (end.ran >= kSteadyRun) wait_ = base::Duration::zero();
  wait_ = wait_ == base::Duration::zero() ? kFirstWait : std::min(wait_ * 2, kLongestWait);
  ++restarts_;
  return wait_;
}

}  // namespace monitor
