// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <catch2/catch.hpp>

#include "runtime/container/monitor_plan.h"
#include "runtime/container/status_record.h"
#include "runtime/container/status_watch.h"
#include "support/temporary_folder.h"
#include "sys/process_identity.h"

using namespace runtime::container;

namespace {

StatusRecord full_record() {
  StatusRecord record;
  record.status = model::ContainerStatus::Restarting;
  record.pid = 12;
  record.monitor_pid = 34;
  record.monitor_start = 56;
  record.started = model::TimePoint(std::chrono::nanoseconds(1'700'000'000'123'456'789));
  record.finished = record.started + std::chrono::seconds(1);
  record.exit_code = 137;
  record.oom_killed = record.stop_requested = true;
  record.restart_count = 7;
  record.error = "a = b\nline two \\n";
  record.health = model::Health::Unhealthy;
  record.failing_streak = 3;
  record.health_exit_code = -1;
  record.health_output = std::string("out\n\\\0\xff", 7);
  return record;
}

}  // namespace

TEST_CASE("a status comes back as it was written") {
  CHECK(decode_status(encode(full_record())).value() == full_record());
  CHECK(decode_status(encode(StatusRecord{})).value() == StatusRecord{});
  CHECK(encode(StatusRecord{}) ==
        "status=created\npid=0\nmonitor_pid=0\nmonitor_start=0\nstarted=0\nfinished=0\nexit_code=0\n"
        "oom_killed=0\nstop_requested=0\nrestart_count=0\nerror=\nhealth=\nfailing_streak=0\n"
        "health_exit_code=0\nhealth_output=\n");
  CHECK(decode_status("new_key=1\nstatus=paused\n").value().status == model::ContainerStatus::Paused);
  CHECK(decode_status("pid=x\n").error().message == "malformed status line: pid=x");
  CHECK(decode_status("pid\n").error().message == "malformed status line: pid");
  CHECK(decode_status("status=gone\n").error().message == "malformed status line: status=gone");
}

TEST_CASE("a status says dead when its monitor is") {
  test::TemporaryFolder folder;
  REQUIRE(sys::make_directories(folder.path + "/status"));
  StatusRecord record;
  record.status = model::ContainerStatus::Running;
  record.pid = 1;
  const sys::ProcessIdentity self = sys::own_identity();
  record.monitor_pid = self.pid;
  record.monitor_start = static_cast<std::uint64_t>(self.start_ticks);
  REQUIRE(sys::write_file(status_path(folder.path, "alive"), encode(record)));
  ++record.monitor_start;
  REQUIRE(sys::write_file(status_path(folder.path, "dead"), encode(record)));
  record.status = model::ContainerStatus::Exited;
  REQUIRE(sys::write_file(status_path(folder.path, "ended"), encode(record)));
  REQUIRE(sys::write_file(status_path(folder.path, "broken"), "?"));
  REQUIRE(sys::write_file(status_path(folder.path, "being.written.tmp"), "?"));
  const auto all = read_all_statuses(folder.path).value();
  CHECK(all.size() == 4);
  CHECK(all.at("alive").status == model::ContainerStatus::Running);
  CHECK(all.at("dead").status == model::ContainerStatus::Dead);
  CHECK(all.at("dead").exit_code == 137);
  CHECK(all.at("dead").finished > record.started);
  CHECK(all.at("ended").status == model::ContainerStatus::Exited);
  CHECK(all.at("broken").error == "malformed status line: ?");
  CHECK(read_status(folder.path, "never").value() == std::nullopt);
  CHECK(read_all_statuses(folder.path + "/missing").value().empty());
}

TEST_CASE("a watch names each status that was written or removed once") {
  test::TemporaryFolder folder;
  auto watch = StatusWatch::open(folder.path).value();
  for (const char* id : {"b", "a", "b"}) REQUIRE(sys::write_file(status_path(folder.path, id), "x"));
  CHECK(watch.wait(std::chrono::seconds(5)).value() == std::vector<std::string>{"b", "a"});
  REQUIRE(::unlink(status_path(folder.path, "a").c_str()) == 0);
  CHECK(watch.wait(std::chrono::seconds(5)).value() == std::vector<std::string>{"a"});
  CHECK(watch.wait(std::chrono::milliseconds(0)).value().empty());
}

TEST_CASE("a monitor's plan comes back as it was, and every shorter one is refused") {
  MonitorPlan plan;
  plan.container_id = "abc";
  plan.run_root = "/run/x";
  plan.launch_plan = std::string("\0\1", 2);
  plan.network_plan = "net";
  plan.join_network = "/proc/1/ns/net";
  plan.log = {"/log", 10u << 20, 5};
  plan.health = {"probe",
                 std::chrono::seconds(1),
                 std::chrono::seconds(2),
                 std::chrono::seconds(3),
                 std::chrono::seconds(4),
                 5};
  plan.restart = {model::RestartMode::OnFailure, 3};
  plan.restart_count = 2;
  plan.stop_signal = 3;
  plan.stop_grace = std::chrono::milliseconds(1500);
  plan.tty = plan.stdin_open = plan.attach = true;
  plan.rows = 24;
  plan.columns = 80;
  const std::string bytes = encode(plan);
  CHECK(decode_monitor_plan(bytes).value() == plan);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(decode_monitor_plan(std::string_view(bytes).substr(0, size)));
  }
  CHECK_FALSE(decode_monitor_plan(bytes + "x"));
}
