// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/health_plan.h"

#include "runtime/container/make_launch_plan.h"

namespace runtime::engine {
namespace {

/// Dockerfile reference: HEALTHCHECK; a value of 0 counts as unset, as in Docker.
constexpr base::Duration kDefaultInterval = std::chrono::seconds(30);
constexpr base::Duration kDefaultTimeout = std::chrono::seconds(30);
constexpr base::Duration kDefaultStartInterval = std::chrono::seconds(5);
constexpr int kDefaultRetries = 3;

base::Duration first_set(std::optional<base::Duration> a, std::optional<base::Duration> b, base::Duration c) {
  if (a && a->count() > 0) return *a;
  if (b && b->count() > 0) return *b;
  return c;
}

std::vector<std::string> probe_arguments(const std::vector<std::string>& test) {
  if (test.size() < 2) return {};
  const std::vector<std::string> rest(test.begin() + 1, test.end());
  if (test.front() == "CMD") return rest;
  if (test.front() == "CMD-SHELL") return {"/bin/sh", "-c", rest.front()};
  return {};
}

}  // namespace

container::HealthPlan make_health_plan(const model::ContainerSpec& request, const model::ObservedImage& image,
                                       const container::LaunchPlan& launch) {
  const model::HealthCheck own = request.health_check.value_or(model::HealthCheck{});
  const model::HealthCheck inherited = image.health_check.value_or(model::HealthCheck{});
  container::HealthPlan plan;
  const auto arguments = probe_arguments(own.test.empty() ? inherited.test : own.test);
  if (arguments.empty()) return plan;
  plan.exec_plan = container::encode(container::make_exec_plan(launch, {.arguments = arguments}));
  plan.interval = first_set(own.interval, inherited.interval, kDefaultInterval);
  plan.timeout = first_set(own.timeout, inherited.timeout, kDefaultTimeout);
  plan.start_period = first_set(own.start_period, inherited.start_period, base::Duration{0});
  plan.start_interval = first_set(own.start_interval, inherited.start_interval, kDefaultStartInterval);
  int retries = own.retries.value_or(0);
  if (retries <= 0) retries = inherited.retries.value_or(0);
  plan.retries = static_cast<std::uint32_t>(retries > 0 ? retries : kDefaultRetries);
  return plan;
}

}  // namespace runtime::engine
