// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/control_connection.h"

#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "integration/monitor/monitored_container.h"

using test::ControlConnection;
using test::ControlKind;
using test::MonitoredContainer;

TEST_CASE("only its owner may reach a container's control socket") {
  MonitoredContainer container({"sleep", "100"});
  container.start();
  struct stat status {};
  REQUIRE(::stat(test::control_path(container.plan.run_root, container.plan.container_id).c_str(), &status) ==
          0);
  CHECK((status.st_mode & 07777) == 0600);
  REQUIRE(::stat((container.plan.run_root + "/containers/" + container.plan.container_id).c_str(), &status) ==
          0);
  CHECK((status.st_mode & 07777) == 0700);
}

TEST_CASE("a monitor answers sense, refuses nonsense and goes on") {
  MonitoredContainer container({"sleep", "100"});
  container.plan.stdin_open = true;
  container.start();
  unsigned random = 3;
  for (int i = 0; i < 300; ++i) {
    auto connection = ControlConnection::open(container.plan.run_root, container.plan.container_id);
    REQUIRE(connection);
    const auto kind = static_cast<ControlKind>((random = random * 69069 + 1) >> 24);
    if (kind == ControlKind::Stop || kind == ControlKind::Kill || kind == ControlKind::Pause) continue;
    REQUIRE(connection->send(kind, std::string((random >> 8) % 40, static_cast<char>(random >> 16))));
  }
  auto connection = ControlConnection::open(container.plan.run_root, container.plan.container_id);
  REQUIRE(connection);
  CHECK(connection->request(ControlKind::Ping));
  CHECK(connection->request(ControlKind::Release).error().message == "the container was started before");
  CHECK(connection->request(static_cast<ControlKind>(200)).error().message ==
        "unknown request to the monitor");
  CHECK(connection->request(ControlKind::Ping));
  CHECK(container.status().status == model::ContainerStatus::Running);
}

TEST_CASE("many ask to stop at once, and all are answered") {
  MonitoredContainer container({"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"});
  container.start();
  container.wait_for_line("o:ready\n");
  std::vector<std::thread> threads;
  std::atomic<int> stopped = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&container, &stopped, i] {
      const base::Duration grace = i == 7 ? std::chrono::milliseconds(100) : std::chrono::seconds(60);
      stopped += test::stop_container(container.plan.run_root, container.plan.container_id, grace) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(stopped == 8);
  CHECK(container.status().exit_code == 137);
}
