// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/launch_plan.h"

#include <random>

#include <catch2/catch.hpp>

using namespace runtime::container;

namespace {

LaunchPlan full_plan() {
  LaunchPlan plan;
  plan.id = "0123abcd";
  plan.root = {{"/l/1", "/l/2"}, "/u", "/w", "/d", true, true};
  MountPlan mount;
  mount.kind = MountKind::Overlay;
  mount.source = "/source";
  mount.subpath = "sub/path";
  mount.target = "/target";
  mount.filesystem = "nfs";
  mount.data = "addr=1.2.3.4";
  mount.layers = {"/a", "/b"};
  mount.upper = "/upper";
  mount.work = "/work";
  mount.descriptor = -1;
  mount.attributes = 0xdeadbeef00;
  mount.recursive = false;
  mount.recursive_attributes = true;
  mount.propagation = Propagation::Unbindable;
  mount.recursive_propagation = false;
  plan.mounts = {MountPlan{}, mount};
  plan.masked_paths = {"/proc/kcore"};
  plan.read_only_paths = {"/proc/sys", ""};
  plan.devices = {{"/dev/null", 'c', 1, 3, 0666, 7, 8}, {"/dev/sda", 'b', 8, 0xffffffff, 0600, 0, 0}};
  plan.hostname = "host";
  plan.domainname = "domain";
  plan.network = {NamespaceMode::Join, "/proc/1/ns/net"};
  plan.pid = {NamespaceMode::Inherit, ""};
  plan.cgroup.directories = {{"/sys/fs/cgroup/x", "memory", {{"memory.max", "1", true}}}};
  plan.cgroup.device_program = std::string("\0\1\2", 3);
  plan.sysctls = {{"net.x", "1"}};
  plan.init = true;
  plan.die_with_parent = false;
  ProcessPlan& process = plan.process;
  process.arguments = {"sh", "-c", "echo \n\0"};
  process.environment = {"A=1"};
  process.working_directory = "/w";
  process.user = "u:g";
  process.groups = {"1", "staff"};
  process.terminal = true;
  process.rows = 65535;
  process.columns = 1;
  process.no_new_privileges = true;
  process.capabilities = ~std::uint64_t{0};
  process.ambient_capabilities = 1;
  process.seccomp_program = std::string(4096, '\x80');
  process.rlimits = {{7, ~std::uint64_t{0}, 1, true}};
  process.oom_score_adj = -1000;
  process.set_oom_score_adj = true;
  process.umask = 077;
  process.keyring = "k";
  process.apparmor_profile = "p";
  return plan;
}

}  // namespace

TEST_CASE("a plan comes back as it was written") {
  CHECK(decode_launch_plan(encode(LaunchPlan{})).value() == LaunchPlan{});
  const LaunchPlan plan = full_plan();
  CHECK(decode_launch_plan(encode(plan)).value() == plan);
  const ExecPlan exec{plan.cgroup, plan.process};
  CHECK(decode_exec_plan(encode(exec)).value() == exec);
}

TEST_CASE("a plan that is cut off, too long or of another kind is refused") {
  const std::string bytes = encode(full_plan());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(decode_launch_plan(std::string_view(bytes).substr(0, size)));
  }
  CHECK_FALSE(decode_launch_plan(bytes + '\0'));
  CHECK_FALSE(decode_exec_plan(bytes));
  CHECK_FALSE(decode_launch_plan(encode(ExecPlan{})));
  CHECK(decode_launch_plan("").error().message == "a launch plan is damaged");
}

TEST_CASE("damaged bytes never do worse than fail") {
  const std::string bytes = encode(full_plan());
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = bytes;
    for (int changes = 0; changes < 3; ++changes) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    if (const auto plan = decode_launch_plan(damaged)) CHECK(encode(*plan).size() <= damaged.size() + 16);
  }
}
