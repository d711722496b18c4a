// SPDX-License-Identifier: Apache-2.0
#include "sys/cgroup_hierarchy.h"

#include <string_view>

#include "base/split.h"
#include "sys/file.h"

namespace sys {
namespace {

/// Named v1 hierarchies ("name=systemd") and mount flags are no controllers.
bool is_v1_controller(std::string_view option) {
  constexpr std::string_view kControllers[] = {"cpu",     "cpuacct",  "cpuset", "memory",  "devices",
                                               "freezer", "blkio",    "pids",   "hugetlb", "perf_event",
                                               "net_cls", "net_prio", "rdma"};
  for (const std::string_view name : kControllers) {
    if (name == option) return true;
  }
  return false;
}

void read_line(std::string_view line, CgroupHierarchy& hierarchy) {
  const auto separator = line.find(" - ");
  if (separator == std::string_view::npos) return;
  const std::vector<std::string> before = base::split(line.substr(0, separator), ' ');
  const std::vector<std::string> after = base::split(line.substr(separator + 3), ' ');
  if (before.size() < 5 || after.size() < 3) return;
  const std::string& mount_point = before[4];
  if (after[0] == "cgroup2" && hierarchy.unified.empty()) hierarchy.unified = mount_point;
  if (after[0] != "cgroup") return;
  for (const std::string& option : base::split(after[2], ',')) {
    if (is_v1_controller(option)) hierarchy.v1.try_emplace(option, mount_point);
  }
}

}  // namespace

base::Result<CgroupHierarchy> find_cgroup_hierarchy() {
  CgroupHierarchy hierarchy;
  const std::string mounts = TRY(read_file("/proc/self/mountinfo"));
  std::string_view rest = mounts;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    read_line(rest.substr(0, end), hierarchy);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (!hierarchy.unified.empty()) {
    const std::string names = TRY(read_file(hierarchy.unified + "/cgroup.controllers"));
    const std::string_view trimmed = base::trim(names);
    if (!trimmed.empty()) hierarchy.unified_controllers = base::split(trimmed, ' ');
  }
  if (hierarchy.unified.empty() && hierarchy.v1.empty()) {
    return base::fail(base::make_error(base::ErrorClass::Unsupported, "no control groups are mounted")
                          .with_hint("mount them: mount -t cgroup2 none /sys/fs/cgroup"));
  }
  return hierarchy;
}

}  // namespace sys
