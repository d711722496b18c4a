// SPDX-License-Identifier: Apache-2.0
// Limits, on whatever control groups the machine has (v1, v2 or both); also run in a v2-only machine.
#include <signal.h>

#include "support/container_fixture.h"
#include "sys/cgroup.h"

using test::BusyboxRoot;
using test::Outcome;
using test::Pipe;
using test::TestContainer;

namespace {

/// A setting of the running container as the kernel has it, in the words of the version that has it.
std::string setting(const TestContainer& container, const std::string& v2_file, const std::string& v1_file) {
  for (const sys::CgroupDirectory& directory : container.plan().cgroup.directories) {
    const std::string& file = directory.controller.empty() ? v2_file : v1_file;
    const std::string path = directory.path + "/" + file;
    if (!file.empty() && sys::path_exists(path)) return sys::read_file(path).value();
  }
  return "no such file";
}

/// Starts `sh -c`, waits until it has done `first` and goes on with `script`, and ends it when it goes out of
/// scope.
class Running {
 public:
  Running(TestContainer& container, const std::string& script, const std::string& first = "")
      : container_(container) {
    container.request.command = {"sh", "-c", first + "echo ready; " + script};
    auto started = container.start({-1, out_.write.value(), -1});
    if (!started) FAIL(base::to_text(started.error()));
    process_ = std::move(*started);
    char text[6];
    REQUIRE(::read(out_.read.value(), text, sizeof text) == 6);
  }
  ~Running() {
    CHECK(sys::kill_cgroup(container_.plan().cgroup));
    CHECK(sys::wait_pidfd(process_.pidfd.value()));
    CHECK(sys::remove_cgroup(container_.plan().cgroup));
  }
  int pidfd() const { return process_.pidfd.value(); }

 private:
  TestContainer& container_;
  Pipe out_;
  runtime::container::StartedProcess process_;
};

}  // namespace

TEST_CASE("a process that needs more memory than it may have is killed, and counted") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.resources.memory = base::ByteSize{32 << 20};
  container.request.resources.memory_swap = base::ByteSize{32 << 20};
  container.request.command = {"dd", "if=/dev/zero", "of=/dev/null", "bs=96M", "count=1"};
  auto started = container.start();
  if (!started) FAIL(base::to_text(started.error()));
  CHECK(sys::wait_pidfd(started->pidfd.value()).value().signal == SIGKILL);
  CHECK(sys::count_oom_kills(container.plan().cgroup).value() >= 1);
}

TEST_CASE("settings arrive where the kernel reads them") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.resources.memory = base::ByteSize{64 << 20};
  container.request.resources.memory_reservation = base::ByteSize{32 << 20};
  container.request.resources.nano_cpus = 500000000;
  container.request.resources.cpuset = "0";
  container.request.resources.pids_limit = 20;
  const Running running(container, "sleep 1000");
  CHECK(setting(container, "memory.max", "memory.limit_in_bytes") == "67108864\n");
  CHECK(setting(container, "memory.low", "memory.soft_limit_in_bytes") == "33554432\n");
  CHECK(setting(container, "", "cpu.cfs_quota_us") ==
        (setting(container, "cpu.max", "") == "50000 100000\n" ? "no such file" : "50000\n"));
  CHECK(setting(container, "cpuset.cpus", "cpuset.cpus") == "0\n");
  CHECK(setting(container, "pids.max", "pids.max") == "20\n");
}

TEST_CASE("a container sees its own limits") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.resources.pids_limit = 33;
  CHECK(container
            .run("cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max 2>/dev/null; "
                 "sed -n 's/^[0-9]*:[^:]*://p' /proc/self/cgroup | grep -c compose-test")
            .out == "33\n0\n");
}

TEST_CASE("a fork bomb stops at pids_limit") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.resources.pids_limit = 6;
  const Outcome outcome = container.run("i=0; while [ $i -lt 20 ]; do sleep 1000 & i=$((i+1)); done");
  CHECK(outcome.err.find("can't fork: Resource temporarily unavailable") != std::string::npos);
}

TEST_CASE("a device is open to those who were given it") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.cap_add = {"SYSLOG"};  // Which the kernel asks for besides.
  container.request.devices = {{.source = "/dev/kmsg", .target = "/dev/log-of-host", .permissions = "r"}};
  container.inputs.devices = {{"/dev/log-of-host", 'c', 1, 11}};
  const Outcome outcome = container.run(
      "dd if=/dev/log-of-host of=/dev/null bs=8192 count=1 2>/dev/null && echo read; echo x "
      ">/dev/log-of-host");
  CHECK(outcome.out == "read\n");
  CHECK(outcome.err == "sh: can't create /dev/log-of-host: Operation not permitted\n");
  TestContainer ruled(root);
  ruled.request.cap_add = {"SYSLOG"};
  ruled.request.device_cgroup_rules = {"c 1:11 rm"};
  CHECK(ruled.run("mknod /tmp/k c 1 11; dd if=/tmp/k of=/dev/null bs=8192 count=1 2>/dev/null && echo read")
            .out == "read\n");
}

TEST_CASE("a paused container stands still and goes on") {
  BusyboxRoot root;
  TestContainer container(root);
  const Running running(container, "while :; do sleep 0.01; done");
  const sys::Cgroup& cgroup = container.plan().cgroup;
  REQUIRE(sys::freeze_cgroup(cgroup));
  REQUIRE(sys::signal_pidfd(running.pidfd(), SIGCONT));
  CHECK_FALSE(sys::list_cgroup_processes(cgroup).value().empty());
  REQUIRE(sys::thaw_cgroup(cgroup));
}

TEST_CASE("killing takes every process, also in the host's pid namespace") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.pid_mode = "host";
  Pipe out;
  container.request.command = {"sh", "-c", "(sleep 1000 &); (sleep 1000 &); echo ready; sleep 1000"};
  auto started = container.start({-1, out.write.value(), -1});
  if (!started) FAIL(base::to_text(started.error()));
  char text[6];
  REQUIRE(::read(out.read.value(), text, sizeof text) == 6);
  const sys::Cgroup& cgroup = container.plan().cgroup;
  CHECK(sys::list_cgroup_processes(cgroup).value().size() >= 3);
  REQUIRE(sys::kill_cgroup(cgroup));
  CHECK(sys::wait_pidfd(started->pidfd.value()).value().signal == SIGKILL);
  REQUIRE(sys::remove_cgroup(cgroup));
  CHECK(sys::list_cgroup_processes(cgroup).value().empty());
}

TEST_CASE("a cgroup that a container filled is removed with what it made inside") {
  BusyboxRoot root;
  TestContainer container(root);
  container.request.privileged = true;
  CHECK(container.run("mkdir -p /sys/fs/cgroup/inner/most && echo made").out == "made\n");
  for (const sys::CgroupDirectory& directory : container.plan().cgroup.directories) {
    CHECK_FALSE(sys::path_exists(directory.path));
  }
}

TEST_CASE("a machine with cgroup v1 alone filters, freezes, kills and cleans up too") {
  sys::CgroupHierarchy hierarchy = sys::find_cgroup_hierarchy().value();
  if (!hierarchy.v1.contains("devices") || !hierarchy.v1.contains("freezer")) return;  // v2 alone.
  hierarchy.unified.clear();
  hierarchy.unified_controllers.clear();
  BusyboxRoot root;
  TestContainer filtered(root);
  filtered.hierarchy = hierarchy;
  filtered.request.resources.pids_limit = 20;
  const Outcome outcome = filtered.run(
      "mknod /tmp/mem c 1 1; head -c 1 /tmp/mem; head -c 1 /dev/zero | wc -c; ls /sys/fs/cgroup; "
      "cat /sys/fs/cgroup/pids/pids.max; grep -c compose-test /proc/self/cgroup");
  CHECK(outcome.out == "1\ndevices\nfreezer\npids\n20\n0\n");
  CHECK(outcome.err == "head: /tmp/mem: Operation not permitted\n");
  TestContainer container(root);
  container.hierarchy = hierarchy;
  container.request.pid_mode = "host";
  {
    const Running running(container, "while :; do sleep 0.01; done", "(sleep 1000 &); ");
    const sys::Cgroup& cgroup = container.plan().cgroup;
    REQUIRE(sys::freeze_cgroup(cgroup));
    REQUIRE(sys::thaw_cgroup(cgroup));
    CHECK(sys::list_cgroup_processes(cgroup).value().size() >= 2);
  }
  for (const sys::CgroupDirectory& directory : container.plan().cgroup.directories) {
    CHECK_FALSE(sys::path_exists(directory.path));
  }
}
