// SPDX-License-Identifier: Apache-2.0
#include "monitor/restart_backoff.h"

#include <catch2/catch.hpp>

using model::RestartMode;
using monitor::ProcessEnd;
using monitor::RestartBackoff;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("the wait doubles from 100 ms to a minute, and a steady run resets it") {
  RestartBackoff backoff({RestartMode::Always, 0}, 0);
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 12; ++i) waits.push_back(backoff.next({0, seconds(1), false})->count() / 1'000'000);
  CHECK(waits ==
        std::vector<std::int64_t>{100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000});
  CHECK(backoff.next({0, seconds(10), false}) == milliseconds(100));
  CHECK(backoff.restarts() == 13);
}

TEST_CASE("which ends are followed by a restart") {
  const auto restarts = [](RestartMode mode, int attempts, const ProcessEnd& end, std::uint32_t so_far = 0) {
    return RestartBackoff({mode, attempts}, so_far).next(end).has_value();
  };
  const ProcessEnd success{0, {}, false}, failure{1, {}, false}, asked{0, {}, true};
  CHECK_FALSE(restarts(RestartMode::No, 0, failure));
  CHECK(restarts(RestartMode::Always, 0, success));
  CHECK(restarts(RestartMode::UnlessStopped, 0, failure));
  CHECK_FALSE(restarts(RestartMode::Always, 0, asked));
  CHECK_FALSE(restarts(RestartMode::OnFailure, 0, success));
  CHECK(restarts(RestartMode::OnFailure, 0, failure, 1000));
  CHECK(restarts(RestartMode::OnFailure, 2, failure, 1));
  CHECK_FALSE(restarts(RestartMode::OnFailure, 2, failure, 2));
}
