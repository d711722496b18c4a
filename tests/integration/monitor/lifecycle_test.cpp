// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "integration/monitor/monitored_container.h"

using test::MonitoredContainer;
using Lines = std::vector<std::string>;

TEST_CASE("a container runs, writes its log and leaves its exit code") {
  MonitoredContainer container({"sh", "-c", "echo out; echo err >&2; exit 7"});
  container.start();
  const auto end = container.wait();
  CHECK(end.status == model::ContainerStatus::Exited);
  CHECK(end.exit_code == 7);
  CHECK(end.pid == 0);
  CHECK_FALSE(end.oom_killed);
  CHECK(end.finished > end.started);
  Lines lines = container.log();
  std::ranges::sort(lines);
  CHECK(lines == Lines{"e:err\n", "o:out\n"});
}

TEST_CASE("a container that cannot be started says why, and is not running") {
  MonitoredContainer container({"/bin/missing"});
  const auto started = container.try_start();
  REQUIRE_FALSE(started);
  CHECK(started.error().exit_code == 127);
  CHECK(container.status().status == model::ContainerStatus::Created);
  CHECK(container.status().exit_code == 127);
}
