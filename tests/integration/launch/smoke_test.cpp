// SPDX-License-Identifier: Apache-2.0
#include "support/container_fixture.h"

using namespace runtime::container;

namespace {

LaunchPlan default_plan(const test::BusyboxRoot& root) {
  LaunchPlan plan;
  plan.id = sys::random_hex(32);
  plan.root = root.plan();
  constexpr std::uint64_t kNone = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV;
  plan.mounts.push_back({.kind = MountKind::Proc, .target = "/proc", .attributes = kNone});
  plan.mounts.push_back({.kind = MountKind::Tmpfs,
                         .target = "/dev",
                         .data = "mode=755,size=65536k",
                         .attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME});
  plan.mounts.push_back({.kind = MountKind::Devpts,
                         .target = "/dev/pts",
                         .data = "newinstance,ptmxmode=0666,mode=0620,gid=5",
                         .attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC});
  plan.mounts.push_back(
      {.kind = MountKind::Sysfs, .target = "/sys", .attributes = kNone | MOUNT_ATTR_RDONLY});
  plan.mounts.push_back(
      {.kind = MountKind::Cgroup, .target = "/sys/fs/cgroup", .attributes = MOUNT_ATTR_RDONLY});
  plan.mounts.push_back({.kind = MountKind::Mqueue, .target = "/dev/mqueue", .attributes = kNone});
  plan.mounts.push_back(
      {.kind = MountKind::Tmpfs, .target = "/dev/shm", .data = "mode=1777,size=65536k", .attributes = kNone});
  plan.masked_paths = {"/proc/kcore", "/proc/keys", "/proc/scsi", "/sys/firmware"};
  plan.read_only_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  plan.devices = {{"/dev/null", 'c', 1, 3}, {"/dev/zero", 'c', 1, 5}, {"/dev/tty", 'c', 5, 0}};
  plan.hostname = "box";
  plan.cgroup.directories = {{"/sys/fs/cgroup/unified/compose-test/" + plan.id, "", {}}};
  plan.process.capabilities = test::kDockerCapabilities;
  plan.process.environment = {"PATH=/bin"};
  return plan;
}

test::Outcome run(LaunchPlan plan, const std::string& script) {
  plan.process.arguments = {"sh", "-c", script};
  test::Pipe out, err;
  auto started = start_process(plan, {-1, out.write.value(), err.write.value()});
  if (!started) FAIL(base::to_text(started.error()));
  out.write.reset();
  err.write.reset();
  test::Outcome outcome;
  outcome.out = test::read_to_end(out.read.value());
  outcome.err = test::read_to_end(err.read.value());
  outcome.code = sys::wait_pidfd(started->pidfd.value()).value().code;
  REQUIRE(sys::remove_cgroup(plan.cgroup));
  return outcome;
}

}  // namespace

TEST_CASE("smoke") {
  test::BusyboxRoot root;
  const auto outcome = run(default_plan(root),
                           "id; hostname; mount; ls -la /dev /proc/self/fd; grep Cap /proc/self/status; cat "
                           "/proc/self/cgroup; ps; ls /sys/fs/cgroup; env; pwd; exit 7");
  WARN(outcome.out << "\n--\n" << outcome.err);
  CHECK(outcome.code == 7);
}
