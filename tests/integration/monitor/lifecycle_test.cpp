// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <thread>

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

TEST_CASE("stop sends the stop signal first") {
  MonitoredContainer container(
      {"sh", "-c", "trap 'echo bye; exit 3' USR1; echo ready; while :; do sleep 0.05; done"});
  container.plan.stop_signal = SIGUSR1;
  container.start();
  container.wait_for_line("o:ready\n");
  container.stop();
  const auto end = container.status();
  CHECK(end.status == model::ContainerStatus::Exited);
  CHECK(end.exit_code == 3);
  CHECK(end.stop_requested);
  CHECK(container.log().back() == "o:bye\n");
}

TEST_CASE("stop kills what does not end in time, and is fine afterwards") {
  MonitoredContainer container({"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"});
  container.plan.restart = {model::RestartMode::Always, 0};
  container.start();
  container.wait_for_line("o:ready\n");
  const auto before = std::chrono::steady_clock::now();
  container.stop(std::chrono::milliseconds(200));
  const auto took = std::chrono::steady_clock::now() - before;
  CHECK(took >= std::chrono::milliseconds(200));
  CHECK(took < std::chrono::seconds(3));
  CHECK(container.status().exit_code == 137);
  container.stop();
}

TEST_CASE("a signal to the monitor itself stops the container gracefully") {
  MonitoredContainer container({"sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"});
  const auto running = container.start();
  container.wait_for_line("o:ready\n");
  REQUIRE(::kill(static_cast<pid_t>(running.monitor_pid), SIGTERM) == 0);
  CHECK(container.wait().exit_code == 9);
}

TEST_CASE("a container dies with a monitor that is killed, and can be started again") {
  MonitoredContainer container({"sleep", "100"});
  const auto running = container.start();
  const auto process = sys::open_pidfd(static_cast<pid_t>(running.pid));
  REQUIRE(process);
  REQUIRE(::kill(static_cast<pid_t>(running.monitor_pid), SIGKILL) == 0);
  pollfd gone{process->value(), POLLIN, 0};
  REQUIRE(::poll(&gone, 1, 5000) == 1);
  const auto dead = container.wait();
  CHECK(dead.status == model::ContainerStatus::Dead);
  CHECK(dead.exit_code == 137);
  CHECK(dead.error == "its monitor (pid " + std::to_string(running.monitor_pid) +
                          ") was killed, and the container with it");
  container.stop();
  container.start();
  CHECK(container.status().status == model::ContainerStatus::Running);
}

TEST_CASE("a container that runs cannot be started a second time") {
  MonitoredContainer container({"sleep", "100"});
  container.start();
  const auto again = container.try_start();
  REQUIRE_FALSE(again);
  CHECK(again.error().error_class == base::ErrorClass::Conflict);
  CHECK(again.error().message ==
        "container " + container.plan.container_id.substr(0, 12) + " is running already");
  CHECK(container.status().status == model::ContainerStatus::Running);
}

TEST_CASE("a container can be started again right after its end") {
  MonitoredContainer container({"sh", "-c", "echo run"});
  for (int i = 0; i < 5; ++i) {
    container.start();
    container.wait();
  }
  CHECK(container.log() == Lines(5, "o:run\n"));
}

TEST_CASE("kill sends any signal; pause holds it back until the end of the pause") {
  MonitoredContainer container(
      {"sh", "-c", "trap 'echo usr1' USR1; echo ready; while :; do sleep 0.02; done"});
  container.start();
  container.wait_for_line("o:ready\n");
  const auto& run_root = container.plan.run_root;
  const auto& id = container.plan.container_id;
  REQUIRE(test::pause_container(run_root, id));
  CHECK(container.status().status == model::ContainerStatus::Paused);
  CHECK(test::pause_container(run_root, id).error().message == "the container is paused already");
  REQUIRE(test::kill_container(run_root, id, SIGUSR1));
  CHECK(container.log() == Lines{"o:ready\n"});
  REQUIRE(test::unpause_container(run_root, id));
  container.wait_for_line("o:usr1\n");
  CHECK(test::resize_container(run_root, id, 1, 1).error().message == "the container has no terminal");
  REQUIRE(test::kill_container(run_root, id, SIGKILL));
  CHECK(container.wait().exit_code == 137);
  CHECK(test::kill_container(run_root, id, SIGKILL).error().error_class == base::ErrorClass::Conflict);
}

TEST_CASE("a paused container can be stopped") {
  MonitoredContainer container({"sh", "-c", "trap 'exit 2' TERM; echo ready; while :; do sleep 0.02; done"});
  container.start();
  container.wait_for_line("o:ready\n");
  REQUIRE(test::pause_container(container.plan.run_root, container.plan.container_id));
  container.stop();
  CHECK(container.status().exit_code == 2);
}

TEST_CASE("twenty containers start at the same time") {
  std::vector<std::unique_ptr<MonitoredContainer>> containers;
  for (int i = 0; i < 20; ++i) {
    containers.push_back(std::make_unique<MonitoredContainer>(
        std::vector<std::string>{"sh", "-c", "exit " + std::to_string(i)}));
  }
  std::vector<std::thread> threads;
  std::atomic<int> started = 0;
  for (auto& container : containers) {
    threads.emplace_back([&started, &container] { started += container->try_start() ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(started == 20);
  for (int i = 0; i < 20; ++i) CHECK(containers[static_cast<std::size_t>(i)]->wait().exit_code == i);
}

TEST_CASE("starting, executing and stopping leave no descriptor and no file behind") {
  const auto descriptors = [] { return sys::list_directory("/proc/self/fd").value().size(); };
  MonitoredContainer first({"true"});
  first.start();
  first.wait();
  const std::size_t before = descriptors();
  MonitoredContainer container({"sh", "-c", "ls -l /proc/self/fd | wc -l; sleep 100"});
  container.start();
  container.wait_for_line("o:5\n");  // "total", 0 to 2, and the folder ls reads
  container.stop(std::chrono::milliseconds(0));
  CHECK(descriptors() == before);
  CHECK_FALSE(sys::path_exists(test::control_path(container.plan.run_root, container.plan.container_id)));
  CHECK_FALSE(sys::path_exists(container.launch.cgroup.directories.front().path));
}
