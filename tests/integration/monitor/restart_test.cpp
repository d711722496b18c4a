// SPDX-License-Identifier: Apache-2.0
#include "integration/monitor/monitored_container.h"

using test::MonitoredContainer;
using Lines = std::vector<std::string>;

TEST_CASE("on-failure starts a failing container again as often as it says") {
  MonitoredContainer container({"sh", "-c", "echo run; exit 1"});
  container.plan.restart = {model::RestartMode::OnFailure, 2};
  container.start();
  const auto end = container.wait();
  CHECK(end.exit_code == 1);
  CHECK(end.restart_count == 2);
  CHECK(container.log() == Lines(3, "o:run\n"));
}

TEST_CASE("on-failure leaves a container that succeeded alone") {
  MonitoredContainer container({"sh", "-c", "echo run; test -e /once && exit 0; touch /once; exit 1"});
  container.plan.restart = {model::RestartMode::OnFailure, 0};
  container.start();
  CHECK(container.wait().restart_count == 1);
  CHECK(container.log() == Lines(2, "o:run\n"));
}

TEST_CASE("always starts again after success, until it is stopped") {
  MonitoredContainer container({"sh", "-c", "echo run"});
  container.plan.restart = {model::RestartMode::Always, 0};
  container.start();
  const auto restarted = container.wait_until([](const auto& status) { return status.restart_count >= 2; });
  CHECK(restarted.exit_code == 0);
  container.stop();
  CHECK(container.status().status == model::ContainerStatus::Exited);
  CHECK(container.log().size() >= 3);
}

TEST_CASE("a restart that fails says why and is tried again") {
  MonitoredContainer container({"/tmp/once"});
  container.root.file("/tmp/once", "#!/bin/sh\nbusybox rm /tmp/once\nexit 1\n", 0755);
  container.plan.restart = {model::RestartMode::Always, 0};
  container.start();
  const auto failed = container.wait_until([](const auto& status) { return status.exit_code == 127; });
  CHECK(failed.status == model::ContainerStatus::Restarting);
  CHECK(failed.error.find("/tmp/once") != std::string::npos);
  container.stop();
  CHECK(container.status().status == model::ContainerStatus::Exited);
}
