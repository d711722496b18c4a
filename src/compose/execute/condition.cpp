// SPDX-License-Identifier: Apache-2.0
#include "compose/execute/condition.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"

namespace compose::execute {
namespace {

using model::ContainerStatus;
using model::Health;

bool has_ended(const model::ObservedContainer& container) {
  return container.status == ContainerStatus::Exited || container.status == ContainerStatus::Dead;
}

base::Error exited_error(const model::ObservedContainer& container) {
  base::Error error =
      base::make_error(base::ErrorClass::Conflict,
                       fmt::format("container {} exited ({})", container.name, container.exit_code));
  if (container.oom_killed) error.hint = "it was killed for using more memory than it may";
  if (error.hint.empty() && !container.error.empty()) error.hint = container.error;
  return error;
}

base::Error unhealthy_error(const model::ObservedContainer& container) {
  base::Error error =
      base::make_error(base::ErrorClass::Conflict, fmt::format("container {} is unhealthy", container.name));
  const std::string_view output = base::trim(container.health_log);
  if (!output.empty()) error.hint = fmt::format("its last health check said: {}", output);
  return error;
}

base::Result<bool> is_healthy(const model::ObservedContainer& container) {
  if (has_ended(container)) return base::fail(exited_error(container));
  if (container.health == Health::Unhealthy) return base::fail(unhealthy_error(container));
  if (container.status == ContainerStatus::Running && container.health == Health::None) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("container {} has no health check", container.name));
  }
  return container.status == ContainerStatus::Running && container.health == Health::Healthy;
}

base::Result<bool> is_running_or_healthy(const model::ObservedContainer& container) {
  if (has_ended(container)) {
    // A one-shot service that did its work has reached all it can.
    if (container.exit_code == 0 && container.status == ContainerStatus::Exited) return true;
    return base::fail(exited_error(container));
  }
  if (container.health == Health::Unhealthy) return base::fail(unhealthy_error(container));
  return container.status == ContainerStatus::Running &&
         (container.health == Health::None || container.health == Health::Healthy);
}

base::Result<bool> has_completed(const plan::WaitFor& wait,
                                 const std::vector<model::ObservedContainer>& containers) {
  const auto ended = std::find_if(containers.begin(), containers.end(), has_ended);
  if (ended == containers.end()) return false;
  if (ended->exit_code == 0) return true;
  return base::fail(
      base::ErrorClass::Conflict,
      fmt::format("service \"{}\" didn't complete successfully: exit {}", wait.service, ended->exit_code));
}

}  // namespace

base::Result<bool> is_met(const plan::WaitFor& wait,
                          const std::vector<model::ObservedContainer>& containers) {
  if (wait.condition == plan::WaitCondition::CompletedSuccessfully) return has_completed(wait, containers);
  bool all = true;
  for (const auto& container : containers) {
    if (wait.condition == plan::WaitCondition::RunningOrHealthy) {
      all = TRY(is_running_or_healthy(container)) && all;
      continue;
    }
    auto healthy = is_healthy(container);
    if (!healthy) {
      healthy.error().message.insert(0, "dependency failed to start: ");
      return healthy;
    }
    all = *healthy && all;
  }
  return all;
}

base::Error timeout_error(const plan::WaitFor& wait) {
  const std::string_view state =
      wait.condition == plan::WaitCondition::CompletedSuccessfully ? "completed" : "healthy";
  return base::make_error(base::ErrorClass::TimedOut,
                          fmt::format("service \"{}\" is not {} after {}", wait.service, state,
                                      base::to_text(wait.timeout.value_or(base::Duration{0}))));
}

}  // namespace compose::execute
