// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "runtime/container/launch_plan.h"
#include "runtime/container/log_reader.h"
#include "runtime/container/monitor_client.h"
#include "runtime/container/status_watch.h"
#include "support/container_fixture.h"
#include "sys/event_loop.h"
#include "sys/sha256.h"
#include "sys/stream_io.h"

namespace test {

using namespace runtime::container;  // NOLINT: the tests below speak of nothing else

inline MountPlan mount_at(MountKind kind, const char* target, const char* data = "") {
  MountPlan plan;
  plan.kind = kind;
  plan.target = target;
  plan.data = data;
  return plan;
}

/// One container with a root of busybox, below a run root of its own. Stopped at the end of the test.
class MonitoredContainer {
 public:
  explicit MonitoredContainer(std::vector<std::string> command) {
    plan.container_id = sys::random_hex(32);
    plan.run_root = root.folder() + "/run";
    plan.log.directory = root.folder() + "/log";
    plan.stop_grace = std::chrono::seconds(5);
    REQUIRE(sys::make_directories(plan.log.directory));
    launch.id = plan.container_id;
    launch.root = root.plan();
    launch.mounts = {mount_at(MountKind::Proc, "/proc"), mount_at(MountKind::Tmpfs, "/dev", "mode=755"),
                     mount_at(MountKind::Devpts, "/dev/pts", "newinstance,ptmxmode=0666,mode=0620")};
    launch.devices = {{"/dev/null", 'c', 1, 3}, {"/dev/zero", 'c', 1, 5}, {"/dev/tty", 'c', 5, 0}};
    launch.cgroup.directories = {{"/sys/fs/cgroup/freezer/compose-test/" + plan.container_id, "freezer", {}}};
    launch.process.arguments = std::move(command);
    launch.process.environment = {"PATH=/bin"};
    launch.process.capabilities = 0xa80425fb;  // as Docker gives
  }
  ~MonitoredContainer() {
    (void)stop_container(plan.run_root, plan.container_id, base::Duration(0));
    for (const sys::CgroupDirectory& made : launch.cgroup.directories) {
      ::rmdir(made.path.substr(0, made.path.find_last_of('/')).c_str());  // the last test's succeeds
    }
  }

  base::Result<RunningState> try_start() {
    plan.launch_plan = encode(launch);
    return start_monitor(plan);
  }
  RunningState start() {
    auto started = try_start();
    if (!started) FAIL(base::to_text(started.error()));
    return *std::move(started);
  }
  StatusRecord status() const {
    auto record = read_status(plan.run_root, plan.container_id);
    REQUIRE(record);
    REQUIRE(*record);
    return **record;
  }
  StatusRecord wait() const {
    const base::Cancellation never;
    auto record = wait_container(plan.run_root, plan.container_id, never);
    if (!record) FAIL(base::to_text(record.error()));
    return *std::move(record);
  }
  /// Waits, by events, until the status is as wanted; at most 20 s.
  StatusRecord wait_until(const std::function<bool(const StatusRecord&)>& wanted) const {
    auto watch = StatusWatch::open(plan.run_root);
    REQUIRE(watch);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      StatusRecord record = status();
      if (wanted(record)) return record;
      REQUIRE(watch->wait(std::chrono::milliseconds(500)));
    }
    FAIL("the status did not come");
    return {};
  }
  /// Follows the log until `line` has been written; at most 20 s.
  void wait_for_line(const std::string& line) const {
    auto reader = LogReader::open(plan.log.directory, {});
    REQUIRE(reader);
    sys::Waiting waiting{reader->watch().value(), sys::kReadable};
    bool found = false;
    const auto look = [&found, &line](const LogEntry& entry) {
      found = (entry.stream == LogStream::Stdout ? "o:" : "e:") + std::string(entry.text) == line;
      return !found;
    };
    for (int i = 0; i < 200 && !found; ++i) {
      REQUIRE(reader->read_available(look));
      if (found) return;
      REQUIRE(sys::wait_ready(std::span(&waiting, 1), std::chrono::milliseconds(100)));
      reader->acknowledge();
    }
    if (!found) FAIL("no such line came: " << line);
  }
  void stop(base::Duration grace = std::chrono::seconds(5)) const {
    auto stopped = stop_container(plan.run_root, plan.container_id, grace);
    if (!stopped) FAIL(base::to_text(stopped.error()));
  }
  /// "o:text" and "e:text" for each line of the log.
  std::vector<std::string> log(const LogSelection& selection = {}) const {
    std::vector<std::string> lines;
    auto done = read_log(plan.log.directory, selection, [&lines](const LogEntry& entry) {
      lines.push_back((entry.stream == LogStream::Stdout ? "o:" : "e:") + std::string(entry.text));
      return true;
    });
    if (!done) FAIL(base::to_text(done.error()));
    return lines;
  }

  BusyboxRoot root;
  MonitorPlan plan;
  LaunchPlan launch;
};

}  // namespace test
