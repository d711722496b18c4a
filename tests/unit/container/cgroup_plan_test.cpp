// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/cgroup_plan.h"

#include <catch2/catch.hpp>

#include "sys/cgroup_device_filter.h"

using namespace runtime;

namespace {

const sys::CgroupHierarchy kV2{"/cg", {"cpuset", "cpu", "io", "memory", "pids"}, {}};
const sys::CgroupHierarchy kHybrid{"/cg/unified",
                                   {},
                                   {{"memory", "/cg/memory"},
                                    {"cpu", "/cg/cpu,cpuacct"},
                                    {"cpuset", "/cg/cpuset"},
                                    {"pids", "/cg/pids"},
                                    {"blkio", "/cg/blkio"},
                                    {"devices", "/cg/devices"},
                                    {"freezer", "/cg/freezer"}}};
const sys::CgroupHierarchy kV1{"", {}, kHybrid.v1};

/// One line a directory or setting.
std::string to_text(const sys::Cgroup& cgroup) {
  std::string text = cgroup.device_program.empty() ? "" : "device program\n";
  for (const sys::CgroupDirectory& directory : cgroup.directories) {
    std::string path = directory.path;
    if (const auto at = path.find("/devices-"); at != std::string::npos) path.replace(at + 9, 16, "<hash>");
    text += path + "\n";
    for (const sys::CgroupSetting& setting : directory.settings) {
      text += "  " + setting.file + (setting.optional ? " ?= " : " = ") + setting.value + "\n";
    }
  }
  return text;
}

std::string plan(const oci::Resources& resources, const sys::CgroupHierarchy& hierarchy) {
  const auto cgroup = container::make_cgroup(resources, "/compose/id", hierarchy);
  return cgroup ? to_text(*cgroup) : base::to_text(cgroup.error());
}

oci::Resources all_limits() {
  oci::Resources resources;
  resources.devices = {{}, {true, 'c', 1, 3, "rwm"}, {true, 'c', 136, {}, "rw"}};
  resources.memory = {64 << 20, 32 << 20, 96 << 20, {}, {}};
  resources.cpu = {512, 50000, 100000, {}, {}, "0-1", "0"};
  resources.pids_limit = 100;
  resources.block_io.weight = 500;
  resources.block_io.read_bps = {{8, 0, 1048576}};
  resources.block_io.write_iops = {{8, 16, 100}};
  return resources;
}

}  // namespace

TEST_CASE("all limits, v2") {
  CHECK(plan(all_limits(), kV2) ==
        "device program\n"
        "/cg/compose/devices-<hash>/id\n"
        "  memory.max = 67108864\n"
        "  memory.swap.max = 33554432\n"
        "  memory.low = 33554432\n"
        "  cpu.max = 50000 100000\n"
        "  cpu.weight = 20\n"
        "  cpuset.cpus = 0-1\n"
        "  cpuset.mems = 0\n"
        "  pids.max = 100\n"
        "  io.weight = default 4950\n"
        "  io.max = 8:0 rbps=1048576\n"
        "  io.max = 8:16 wiops=100\n");
}

TEST_CASE("all limits, hybrid: the filter on v2, each limit on its controller") {
  CHECK(plan(all_limits(), kHybrid) ==
        "device program\n"
        "/cg/unified/compose/devices-<hash>/id\n"
        "/cg/memory/compose/id\n"
        "  memory.limit_in_bytes = 67108864\n"
        "  memory.memsw.limit_in_bytes = 100663296\n"
        "  memory.soft_limit_in_bytes = 33554432\n"
        "/cg/cpu,cpuacct/compose/id\n"
        "  cpu.cfs_period_us = 100000\n"
        "  cpu.cfs_quota_us = 50000\n"
        "  cpu.shares = 512\n"
        "/cg/cpuset/compose/id\n"
        "  cpuset.cpus = 0-1\n"
        "  cpuset.mems = 0\n"
        "/cg/pids/compose/id\n"
        "  pids.max = 100\n"
        "/cg/blkio/compose/id\n"
        "  blkio.weight = 500\n"
        "  blkio.throttle.read_bps_device = 8:0 1048576\n"
        "  blkio.throttle.write_iops_device = 8:16 100\n");
}

TEST_CASE("without v2 the devices and freezer controllers take over") {
  oci::Resources resources;
  resources.devices = all_limits().devices;
  CHECK(plan(resources, kV1) ==
        "/cg/devices/compose/id\n"
        "  devices.deny = a\n"
        "  devices.allow = c 1:3 rwm\n"
        "  devices.allow = c 136:* rw\n"
        "/cg/freezer/compose/id\n");
}

TEST_CASE("no limits: one directory, and no filter for a privileged container") {
  oci::Resources resources;
  CHECK(plan(resources, kHybrid) == "/cg/unified/compose/id\n");
  resources.devices = {{true, 'a', {}, {}, "rwm"}};
  CHECK(plan(resources, kV2) == "/cg/compose/id\n");
}

TEST_CASE("swap follows memory unless it is set") {
  oci::Resources resources;
  resources.memory.limit = 10 << 20;
  CHECK(plan(resources, kV2) == "/cg/compose/id\n  memory.max = 10485760\n  memory.swap.max ?= 10485760\n");
  resources.memory.swap = -1;
  CHECK(plan(resources, kV2) == "/cg/compose/id\n  memory.max = 10485760\n  memory.swap.max = max\n");
  resources.pids_limit = -1;
  resources.memory = {};
  CHECK(plan(resources, kV2) == "/cg/compose/id\n  pids.max = max\n");
}

TEST_CASE("a limit the machine cannot keep is refused by its name") {
  oci::Resources resources;
  resources.pids_limit = 5;
  CHECK(plan(resources, {"/cg", {"memory"}, {}}) ==
        "error: pids_limit needs the pids controller, which this machine does not offer\n"
        "  hint: leave it out, or see /proc/cgroups\n");
  oci::Resources swappiness;
  swappiness.memory.swappiness = 10;
  CHECK(
      plan(swappiness, kV2) ==
      "error: mem_swappiness cannot be expressed in cgroup v2\n  hint: leave it out, or see /proc/cgroups\n");
  CHECK(plan(swappiness, kHybrid) ==
        "/cg/unified/compose/id\n/cg/memory/compose/id\n  memory.swappiness = 10\n");
  oci::Resources realtime;
  realtime.cpu.realtime_runtime = 1000;
  CHECK(plan(realtime, kV2).starts_with("error: cpu_rt_runtime cannot be expressed in cgroup v2\n"));
}
