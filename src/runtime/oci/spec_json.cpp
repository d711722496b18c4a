// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "runtime/oci/seccomp_text.h"
#include "runtime/oci/spec.h"

namespace runtime::oci {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kVersion = "1.2.0";

const char* namespace_name(NamespaceType type) {
  switch (type) {
    case NamespaceType::Pid: return "pid";
    case NamespaceType::Network: return "network";
    case NamespaceType::Mount: return "mount";
    case NamespaceType::Ipc: return "ipc";
    case NamespaceType::Uts: return "uts";
    case NamespaceType::Cgroup: return "cgroup";
    case NamespaceType::User: return "user";
  }
  return "mount";
}

template <class T>
void set(Json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}
void set_text(Json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}
void set_part(Json& object, const char* key, Json part) {
  if (!part.empty()) object[key] = std::move(part);
}

Json process_json(const Process& process) {
  Json user{{"uid", process.user.uid}, {"gid", process.user.gid}};
  set_part(user, "additionalGids", process.user.additional_gids);
  const Capabilities& sets = process.capabilities;
  Json out{{"terminal", process.terminal},
           {"user", std::move(user)},
           {"args", process.args},
           {"env", process.env},
           {"cwd", process.cwd}};
  out["capabilities"] = {{"bounding", sets.bounding},
                         {"effective", sets.effective},
                         {"permitted", sets.permitted},
                         {"inheritable", sets.inheritable},
                         {"ambient", sets.ambient}};
  Json limits = Json::array();
  for (const Rlimit& limit : process.rlimits) {
    limits.push_back({{"type", limit.type}, {"hard", limit.hard}, {"soft", limit.soft}});
  }
  set_part(out, "rlimits", std::move(limits));
  out["noNewPrivileges"] = process.no_new_privileges;
  set_text(out, "apparmorProfile", process.apparmor_profile);
  set_text(out, "selinuxLabel", process.selinux_label);
  set(out, "oomScoreAdj", process.oom_score_adj);
  return out;
}

Json mounts_json(const std::vector<Mount>& mounts) {
  Json out = Json::array();
  for (const Mount& mount : mounts) {
    const std::string source = mount.subpath.empty() ? mount.source : mount.source + "/" + mount.subpath;
    out.push_back({{"destination", mount.destination},
                   {"type", mount.type},
                   {"source", source},
                   {"options", mount.options}});
  }
  return out;
}

Json device_json(const Device& device) {
  return {{"path", device.path},   {"type", std::string(1, device.type)}, {"major", device.major},
          {"minor", device.minor}, {"fileMode", device.file_mode},        {"uid", device.uid},
          {"gid", device.gid}};
}

Json device_rules_json(const std::vector<DeviceRule>& rules) {
  Json out = Json::array();
  for (const DeviceRule& rule : rules) {
    Json entry{{"allow", rule.allow}, {"type", std::string(1, rule.type)}};
    set(entry, "major", rule.major);
    set(entry, "minor", rule.minor);
    entry["access"] = rule.access;
    out.push_back(std::move(entry));
  }
  return out;
}

Json block_values_json(const std::vector<BlockDeviceValue>& values, const char* key) {
  Json out = Json::array();
  for (const BlockDeviceValue& value : values) {
    out.push_back({{"major", value.major}, {"minor", value.minor}, {key, value.value}});
  }
  return out;
}

Json resources_json(const Resources& resources) {
  Json out;
  set_part(out, "devices", device_rules_json(resources.devices));
  Json memory;
  set(memory, "limit", resources.memory.limit);
  set(memory, "reservation", resources.memory.reservation);
  set(memory, "swap", resources.memory.swap);
  set(memory, "swappiness", resources.memory.swappiness);
  set(memory, "disableOOMKiller", resources.memory.disable_oom_killer);
  set_part(out, "memory", std::move(memory));
  Json cpu;
  set(cpu, "shares", resources.cpu.shares);
  set(cpu, "quota", resources.cpu.quota);
  set(cpu, "period", resources.cpu.period);
  set(cpu, "realtimeRuntime", resources.cpu.realtime_runtime);
  set(cpu, "realtimePeriod", resources.cpu.realtime_period);
  set_text(cpu, "cpus", resources.cpu.cpus);
  set_text(cpu, "mems", resources.cpu.mems);
  set_part(out, "cpu", std::move(cpu));
  if (resources.pids_limit) out["pids"] = {{"limit", *resources.pids_limit}};
  Json block;
  set(block, "weight", resources.block_io.weight);
  set_part(block, "weightDevice", block_values_json(resources.block_io.weight_device, "weight"));
  set_part(block, "throttleReadBpsDevice", block_values_json(resources.block_io.read_bps, "rate"));
  set_part(block, "throttleWriteBpsDevice", block_values_json(resources.block_io.write_bps, "rate"));
  set_part(block, "throttleReadIOPSDevice", block_values_json(resources.block_io.read_iops, "rate"));
  set_part(block, "throttleWriteIOPSDevice", block_values_json(resources.block_io.write_iops, "rate"));
  set_part(out, "blockIO", std::move(block));
  return out;
}

Json seccomp_json(const SeccompProfile& profile) {
  Json out{{"defaultAction", to_text(profile.default_action)}, {"defaultErrnoRet", profile.default_errno}};
  set_part(out, "architectures", profile.architectures);
  Json calls = Json::array();
  for (const SeccompRule& rule : profile.rules) {
    Json entry{{"names", rule.names}, {"action", to_text(rule.action)}};
    if (rule.action == SeccompAction::Errno) entry["errnoRet"] = rule.errno_value;
    Json arguments = Json::array();
    for (const SeccompArgument& argument : rule.arguments) {
      arguments.push_back({{"index", argument.index},
                           {"value", argument.value},
                           {"valueTwo", argument.value_two},
                           {"op", to_text(argument.comparison)}});
    }
    set_part(entry, "args", std::move(arguments));
    calls.push_back(std::move(entry));
  }
  out["syscalls"] = std::move(calls);
  return out;
}

Json linux_json(const Spec& spec) {
  const Linux& part = spec.linux_;
  Json namespaces = Json::array();
  for (const Namespace& entry : part.namespaces) {
    Json made{{"type", namespace_name(entry.type)}};
    set_text(made, "path", entry.path);
    namespaces.push_back(std::move(made));
  }
  Json devices = Json::array();
  for (const Device& device : part.devices) devices.push_back(device_json(device));
  Json out{{"namespaces", std::move(namespaces)}};
  set_part(out, "devices", std::move(devices));
  set_part(out, "sysctl", part.sysctl);
  set_part(out, "resources", resources_json(part.resources));
  set_text(out, "cgroupsPath", part.cgroups_path);
  set_text(out, "rootfsPropagation", part.rootfs_propagation);
  if (part.seccomp.kind == SeccompKind::Custom) out["seccomp"] = seccomp_json(part.seccomp.custom);
  if (part.seccomp.kind == SeccompKind::Default) {
    out["seccomp"] = seccomp_json(make_default_seccomp_profile(spec.process.capabilities.bounding));
  }
  set_part(out, "maskedPaths", part.masked_paths);
  set_part(out, "readonlyPaths", part.readonly_paths);
  return out;
}

}  // namespace

base::Result<std::string> encode_config_json(const Spec& spec) {
  if (!spec.process.user.resolved) {
    return base::fail(base::ErrorClass::Invalid, "config.json needs the user and its groups as numbers");
  }
  Json out{{"ociVersion", kVersion},
           {"process", process_json(spec.process)},
           {"root", {{"path", spec.root.path}, {"readonly", spec.root.read_only}}}};
  set_text(out, "hostname", spec.hostname);
  set_text(out, "domainname", spec.domainname);
  out["mounts"] = mounts_json(spec.mounts);
  set_part(out, "annotations", spec.annotations);
  out["linux"] = linux_json(spec);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace runtime::oci
