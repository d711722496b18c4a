// SPDX-License-Identifier: Apache-2.0
#include "monitor/health_state.h"

#include <catch2/catch.hpp>

using model::Health;
using monitor::HealthState;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

runtime::container::HealthPlan plan_with(base::Duration interval, base::Duration start_period,
                                         std::uint32_t retries) {
  runtime::container::HealthPlan plan;
  plan.interval = interval;
  plan.start_period = start_period;
  plan.retries = retries;
  return plan;
}

}  // namespace

TEST_CASE("failures count from the first regular probe; a success starts anew") {
  const auto plan = plan_with(seconds(10), {}, 2);
  HealthState state(plan);
  CHECK_FALSE(state.record({1, "", seconds(2)}));
  CHECK(state.failing_streak() == 0);
  CHECK_FALSE(state.record({1, "", seconds(10)}));
  CHECK(state.failing_streak() == 1);
  CHECK(state.record({1, "", seconds(20)}));
  CHECK(state.health() == Health::Unhealthy);
  CHECK(state.record({0, "", seconds(30)}));
  CHECK(state.health() == Health::Healthy);
  CHECK(state.failing_streak() == 0);
  CHECK_FALSE(state.record({1, "", seconds(40)}));
  CHECK(state.health() == Health::Healthy);
}

TEST_CASE("in the start period failures count only after a success") {
  const auto plan = plan_with(seconds(1), seconds(60), 1);
  HealthState state(plan);
  CHECK_FALSE(state.record({1, "", seconds(59)}));
  CHECK(state.health() == Health::Starting);
  CHECK(state.record({0, "", seconds(5)}));
  CHECK(state.record({1, "", seconds(6)}));
  CHECK(state.health() == Health::Unhealthy);
  state.reset();
  CHECK(state.health() == Health::Starting);
  CHECK(state.record({1, "", seconds(61)}));
  CHECK(state.health() == Health::Unhealthy);
}

TEST_CASE("early probes come at growing gaps, the first regular one at its time") {
  const auto plan = plan_with(seconds(5), {}, 3);
  HealthState state(plan);
  base::Duration age{};
  std::vector<std::int64_t> times;
  for (int i = 0; i < 8; ++i) {
    age += state.next_wait(age);
    times.push_back(age / milliseconds(1));
  }
  CHECK(times == std::vector<std::int64_t>{250, 500, 1000, 2000, 4000, 5000, 10000, 15000});
  state.record({0, "", age});
  CHECK(state.next_wait(age) == seconds(5));
}

TEST_CASE("the start interval is used until the container is healthy or its start period over") {
  auto plan = plan_with(seconds(30), seconds(20), 3);
  plan.start_interval = seconds(2);
  HealthState state(plan);
  CHECK(state.next_wait(seconds(3)) == seconds(2));
  CHECK(state.next_wait(seconds(21)) == seconds(30));
  state.record({0, "", seconds(4)});
  CHECK(state.next_wait(seconds(4)) == seconds(30));
}
