// SPDX-License-Identifier: Apache-2.0
#include "integration/monitor/monitored_container.h"

using model::Health;
using test::MonitoredContainer;

namespace {

void probe_with(MonitoredContainer& container, std::vector<std::string> command) {
  test::ExecPlan probe;
  probe.cgroup = container.launch.cgroup;
  probe.process = container.launch.process;
  probe.process.arguments = std::move(command);
  container.plan.health.exec_plan = encode(probe);
  container.plan.health.interval = std::chrono::milliseconds(50);
  container.plan.health.timeout = std::chrono::seconds(5);
}

}  // namespace

TEST_CASE("a container becomes healthy, unhealthy, and healthy again") {
  MonitoredContainer container({"sleep", "100"});
  probe_with(container, {"sh", "-c", "test -e /well || { echo not well; exit 1; }; echo well"});
  container.plan.health.retries = 2;
  container.start();
  CHECK(container.status().health == Health::Starting);
  const auto sick =
      container.wait_until([](const auto& status) { return status.health == Health::Unhealthy; });
  CHECK(sick.failing_streak == 2);
  CHECK(sick.health_exit_code == 1);
  CHECK(sick.health_output == "not well\n");
  REQUIRE(sys::write_file("/proc/" + std::to_string(sick.pid) + "/root/well", ""));
  const auto well = container.wait_until([](const auto& status) { return status.health == Health::Healthy; });
  CHECK(well.failing_streak == 0);
  CHECK(well.health_output == "well\n");
}

TEST_CASE("a probe that takes too long is killed and counts as failed") {
  MonitoredContainer container({"sleep", "100"});
  probe_with(container, {"sh", "-c", "echo waiting; sleep 50"});
  container.plan.health.timeout = std::chrono::milliseconds(100);
  container.plan.health.retries = 1;
  container.start();
  const auto sick =
      container.wait_until([](const auto& status) { return status.health == Health::Unhealthy; });
  CHECK(sick.health_exit_code == -1);
  CHECK(sick.health_output == "waiting\nthe probe took longer than its timeout of 100ms");
}

TEST_CASE("of a probe's output so much is kept") {
  MonitoredContainer container({"sleep", "100"});
  probe_with(container, {"sh", "-c", "dd if=/dev/zero bs=5000 count=1 2>/dev/null"});
  container.start();
  const auto well = container.wait_until([](const auto& status) { return status.health == Health::Healthy; });
  CHECK(well.health_output == std::string(4096, '\0'));
}

TEST_CASE("a probe that cannot be run says why") {
  MonitoredContainer container({"sleep", "100"});
  probe_with(container, {"missing"});
  container.plan.health.retries = 1;
  container.start();
  const auto sick =
      container.wait_until([](const auto& status) { return status.health == Health::Unhealthy; });
  CHECK(sick.health_exit_code == -1);
  CHECK(sick.health_output.find("missing") != std::string::npos);
}

TEST_CASE("a container ends while it is being probed") {
  MonitoredContainer container({"sh", "-c", "until test -e /probed; do sleep 0.01; done; exit 6"});
  probe_with(container, {"sh", "-c", "touch /probed; sleep 50"});
  container.start();
  CHECK(container.wait().exit_code == 6);
}
