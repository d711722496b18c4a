// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/cgroup_plan.h"

#include <algorithm>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "sys/cgroup_device_filter.h"

namespace runtime::container {
namespace {

using Settings = std::vector<sys::CgroupSetting>;

/// The settings of one controller in both versions' words, and who asked for them.
struct ControllerSettings {
  std::string name;  ///< In v2; in v1 `v1_name`.
  std::string v1_name;
  std::string attribute;  ///< As the user knows it, for messages.
  Settings v2, v1;
  std::string v1_only;  ///< An attribute v2 has no file for.
};

std::string number(std::int64_t value) { return value < 0 ? "max" : std::to_string(value); }

ControllerSettings memory_settings(const oci::Memory& memory) {
  ControllerSettings out{.name = "memory", .v1_name = "memory", .attribute = "mem_limit"};
  if (memory.limit) {
    out.v2.push_back({"memory.max", number(*memory.limit)});
    out.v1.push_back({"memory.limit_in_bytes", std::to_string(*memory.limit)});
  }
  if (memory.limit && *memory.limit > 0) {
    // Unless it is said how much may be swapped, as much again as the memory.
    const std::int64_t both = memory.swap.value_or(2 * *memory.limit);
    const bool asked = memory.swap.has_value();
    out.v2.push_back({"memory.swap.max", number(both < 0 ? -1 : both - *memory.limit), !asked});
    out.v1.push_back({"memory.memsw.limit_in_bytes", std::to_string(both), !asked});
  }
  if (memory.reservation) {
    out.v2.push_back({"memory.low", number(*memory.reservation)});
    out.v1.push_back({"memory.soft_limit_in_bytes", std::to_string(*memory.reservation)});
  }
  if (memory.swappiness) {
    out.v1.push_back({"memory.swappiness", std::to_string(*memory.swappiness)});
    out.v1_only = "mem_swappiness";
  }
  if (memory.disable_oom_killer.value_or(false)) {
    out.v1.push_back({"memory.oom_control", "1"});
    out.v1_only = "oom_kill_disable";
  }
  return out;
}

ControllerSettings cpu_settings(const oci::Cpu& cpu) {
  constexpr std::int64_t kDefaultPeriod = 100000;
  ControllerSettings out{.name = "cpu", .v1_name = "cpu", .attribute = "cpus"};
  if (cpu.quota || cpu.period) {
    const std::int64_t period = cpu.period.value_or(kDefaultPeriod);
    out.v2.push_back({"cpu.max", fmt::format("{} {}", number(cpu.quota.value_or(-1)), period)});
    out.v1.push_back({"cpu.cfs_period_us", std::to_string(period)});
    if (cpu.quota) out.v1.push_back({"cpu.cfs_quota_us", std::to_string(*cpu.quota)});
  }
  if (cpu.shares) {
    // v1 counts from 2 to 262144 with 1024 in the middle of use, v2 from 1 to 10000.
    const std::int64_t shares = std::clamp<std::int64_t>(*cpu.shares, 2, 262144);
    out.v2.push_back({"cpu.weight", std::to_string(1 + (shares - 2) * 9999 / 262142)});
    out.v1.push_back({"cpu.shares", std::to_string(shares)});
  }
  if (cpu.realtime_period) out.v1.push_back({"cpu.rt_period_us", std::to_string(*cpu.realtime_period)});
  if (cpu.realtime_runtime) out.v1.push_back({"cpu.rt_runtime_us", std::to_string(*cpu.realtime_runtime)});
  if (cpu.realtime_period || cpu.realtime_runtime) out.v1_only = "cpu_rt_runtime";
  return out;
}

ControllerSettings cpuset_settings(const oci::Cpu& cpu) {
  ControllerSettings out{.name = "cpuset", .v1_name = "cpuset", .attribute = "cpuset"};
  if (!cpu.cpus.empty()) out.v2.push_back({"cpuset.cpus", cpu.cpus});
  if (!cpu.mems.empty()) out.v2.push_back({"cpuset.mems", cpu.mems});
  out.v1 = out.v2;
  return out;
}

ControllerSettings pids_settings(const oci::Resources& resources) {
  ControllerSettings out{.name = "pids", .v1_name = "pids", .attribute = "pids_limit"};
  if (resources.pids_limit) out.v2.push_back({"pids.max", number(*resources.pids_limit)});
  out.v1 = out.v2;
  return out;
}

ControllerSettings block_settings(const oci::BlockIo& block) {
  ControllerSettings out{.name = "io", .v1_name = "blkio", .attribute = "blkio_config"};
  const auto to_v2_weight = [](std::uint64_t weight) { return 1 + (weight - 10) * 9999 / 990; };
  if (block.weight) {
    out.v2.push_back({"io.weight", fmt::format("default {}", to_v2_weight(*block.weight))});
    out.v1.push_back({"blkio.weight", std::to_string(*block.weight)});
  }
  for (const oci::BlockDeviceValue& device : block.weight_device) {
    out.v2.push_back(
        {"io.weight", fmt::format("{}:{} {}", device.major, device.minor, to_v2_weight(device.value))});
    out.v1.push_back(
        {"blkio.weight_device", fmt::format("{}:{} {}", device.major, device.minor, device.value)});
  }
  const auto add = [&out](const std::vector<oci::BlockDeviceValue>& rates, const char* key,
                          const char* file) {
    for (const oci::BlockDeviceValue& rate : rates) {
      out.v2.push_back({"io.max", fmt::format("{}:{} {}={}", rate.major, rate.minor, key, rate.value)});
      out.v1.push_back({file, fmt::format("{}:{} {}", rate.major, rate.minor, rate.value)});
    }
  };
  add(block.read_bps, "rbps", "blkio.throttle.read_bps_device");
  add(block.write_bps, "wbps", "blkio.throttle.write_bps_device");
  add(block.read_iops, "riops", "blkio.throttle.read_iops_device");
  add(block.write_iops, "wiops", "blkio.throttle.write_iops_device");
  return out;
}

bool allows_everything(const std::vector<oci::DeviceRule>& rules) {
  return std::none_of(rules.begin(), rules.end(), [](const oci::DeviceRule& rule) { return !rule.allow; });
}

std::string device_program(const std::vector<oci::DeviceRule>& rules) {
  std::vector<sys::DeviceFilterRule> filter;
  for (const oci::DeviceRule& rule : rules) {
    std::uint32_t access = 0;
    for (const char c : rule.access) {
      access |= c == 'r' ? sys::kDeviceRead : c == 'w' ? sys::kDeviceWrite : sys::kDeviceMknod;
    }
    filter.push_back({rule.allow, rule.type, rule.major, rule.minor, access});
  }
  return sys::make_device_program(filter);
}

/// "/compose/<id>" with the folder between that all containers of one filter share.
std::string shared_path(const std::string& path, const std::string& program) {
  if (program.empty()) return path;
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a: tells filters apart, guards nothing.
  for (const char c : program) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  const auto slash = path.rfind('/');
  return fmt::format("{}/devices-{:016x}{}", path.substr(0, slash), hash, path.substr(slash));
}

Settings device_settings(const std::vector<oci::DeviceRule>& rules) {
  Settings settings;
  for (const oci::DeviceRule& rule : rules) {
    const auto text = [](const std::optional<std::uint32_t>& value) {
      return value ? std::to_string(*value) : std::string("*");
    };
    const bool all = rule.type == 'a' && !rule.major && !rule.minor;
    settings.push_back(
        {rule.allow ? "devices.allow" : "devices.deny",
         all ? "a" : fmt::format("{} {}:{} {}", rule.type, text(rule.major), text(rule.minor), rule.access)});
  }
  return settings;
}

}  // namespace

base::Result<sys::Cgroup> make_cgroup(const oci::Resources& resources, const std::string& cgroups_path,
                                      const sys::CgroupHierarchy& hierarchy) {
  sys::Cgroup cgroup;
  const bool has_unified = !hierarchy.unified.empty();
  const bool filtered = !allows_everything(resources.devices);
  if (has_unified && filtered) cgroup.device_program = device_program(resources.devices);
  if (has_unified) {
    cgroup.directories.push_back(
        {hierarchy.unified + shared_path(cgroups_path, cgroup.device_program), "", {}});
  }
  const auto add_v1 = [&](const std::string& controller, Settings settings) {
    cgroup.directories.push_back(
        {hierarchy.v1.at(controller) + cgroups_path, controller, std::move(settings)});
  };
  if (filtered && !has_unified) {
    if (!hierarchy.v1.contains("devices")) {
      return base::fail(base::ErrorClass::Unsupported, "this machine has no control group for devices");
    }
    add_v1("devices", device_settings(resources.devices));
  }
  if (!has_unified && hierarchy.v1.contains("freezer")) add_v1("freezer", {});

  for (const ControllerSettings& controller :
       {memory_settings(resources.memory), cpu_settings(resources.cpu), cpuset_settings(resources.cpu),
        pids_settings(resources), block_settings(resources.block_io)}) {
    if (controller.v1.empty() && controller.v2.empty()) continue;
    const std::vector<std::string>& offered = hierarchy.unified_controllers;
    const bool in_v2 = std::find(offered.begin(), offered.end(), controller.name) != offered.end();
    if (!in_v2 && hierarchy.v1.contains(controller.v1_name)) {
      add_v1(controller.v1_name, controller.v1);
      continue;
    }
    const std::string& attribute = controller.v1_only.empty() ? controller.attribute : controller.v1_only;
    if (!in_v2 || !controller.v1_only.empty()) {
      return base::fail(
          base::make_error(base::ErrorClass::Unsupported,
                           in_v2
                               ? fmt::format("{} cannot be expressed in cgroup v2", attribute)
                               : fmt::format("{} needs the {} controller, which this machine does not offer",
                                             attribute, controller.name))
              .with_hint("leave it out, or see /proc/cgroups"));
    }
    Settings& settings = cgroup.directories.front().settings;
    settings.insert(settings.end(), controller.v2.begin(), controller.v2.end());
  }
  return cgroup;
}

}  // namespace runtime::container
