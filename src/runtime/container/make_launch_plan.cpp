// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/make_launch_plan.h"

#include <linux/mount.h>

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "runtime/container/cgroup_plan.h"
#include "runtime/container/seccomp_cache.h"
#include "runtime/oci/capability_names.h"
#include "sys/file.h"
#include "sys/rlimit.h"

namespace runtime::container {
namespace {

struct AttributeOption {
  std::string_view name;
  std::uint64_t set, clear;
};
constexpr std::array kAttributeOptions{
    AttributeOption{"ro", MOUNT_ATTR_RDONLY, 0},
    AttributeOption{"rw", 0, MOUNT_ATTR_RDONLY},
    AttributeOption{"nosuid", MOUNT_ATTR_NOSUID, 0},
    AttributeOption{"suid", 0, MOUNT_ATTR_NOSUID},
    AttributeOption{"nodev", MOUNT_ATTR_NODEV, 0},
    AttributeOption{"dev", 0, MOUNT_ATTR_NODEV},
    AttributeOption{"noexec", MOUNT_ATTR_NOEXEC, 0},
    AttributeOption{"exec", 0, MOUNT_ATTR_NOEXEC},
    AttributeOption{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    AttributeOption{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
    AttributeOption{"relatime", 0, MOUNT_ATTR__ATIME},
    AttributeOption{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    AttributeOption{"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    AttributeOption{"defaults", 0, 0},
    AttributeOption{"async", 0, 0},
};

struct PropagationOption {
  std::string_view name;
  Propagation propagation;
  bool recursive;
};
constexpr std::array kPropagationOptions{
    PropagationOption{"private", Propagation::Private, false},
    PropagationOption{"rprivate", Propagation::Private, true},
    PropagationOption{"slave", Propagation::Slave, false},
    PropagationOption{"rslave", Propagation::Slave, true},
    PropagationOption{"shared", Propagation::Shared, false},
    PropagationOption{"rshared", Propagation::Shared, true},
    PropagationOption{"unbindable", Propagation::Unbindable, false},
    PropagationOption{"runbindable", Propagation::Unbindable, true},
};

/// What the kernel takes as an attribute, a propagation or neither: then it is the file system's own.
bool apply_known_option(std::string_view option, MountPlan& plan) {
  for (const AttributeOption& known : kAttributeOptions) {
    if (known.name != option) continue;
    plan.attributes = (plan.attributes & ~known.clear) | known.set;
    return true;
  }
  for (const PropagationOption& known : kPropagationOptions) {
    if (known.name != option) continue;
    plan.propagation = known.propagation;
    plan.recursive_propagation = known.recursive;
    return true;
  }
  if (option == "bind" || option == "rbind") {
    plan.recursive = option == "rbind";
    return true;
  }
  if (option == "rro") {
    plan.attributes |= MOUNT_ATTR_RDONLY;
    plan.recursive_attributes = true;
    return true;
  }
  return false;
}

MountKind mount_kind(std::string_view type) {
  constexpr std::pair<std::string_view, MountKind> kKinds[] = {
      {"bind", MountKind::Bind},     {"proc", MountKind::Proc},     {"sysfs", MountKind::Sysfs},
      {"tmpfs", MountKind::Tmpfs},   {"devpts", MountKind::Devpts}, {"mqueue", MountKind::Mqueue},
      {"cgroup", MountKind::Cgroup}, {"cgroup2", MountKind::Cgroup}};
  for (const auto& [name, kind] : kKinds) {
    if (name == type) return kind;
  }
  return MountKind::Filesystem;
}

MountPlan make_mount(const oci::Mount& mount) {
  MountPlan plan;
  plan.kind = mount_kind(mount.type);
  plan.source = mount.source;
  plan.subpath = mount.subpath;
  plan.target = mount.destination;
  if (plan.kind == MountKind::Filesystem) plan.filesystem = mount.type;
  for (const std::string& option : mount.options) {
    if (apply_known_option(option, plan)) continue;
    if (!plan.data.empty()) plan.data += ',';
    plan.data += option;
  }
  return plan;
}

NamespacePlan make_namespace(const oci::Spec& spec, oci::NamespaceType type) {
  const oci::Namespace* found = spec.find_namespace(type);
  if (found == nullptr) return {NamespaceMode::Inherit, {}};
  if (found->path.empty()) return {NamespaceMode::New, {}};
  return {NamespaceMode::Join, found->path};
}

base::Result<ProcessPlan> make_process(const oci::Spec& spec, const LaunchInputs& inputs) {
  const oci::Process& process = spec.process;
  ProcessPlan plan;
  plan.arguments = process.args;
  plan.environment = process.env;
  plan.working_directory = process.cwd;
  plan.user = process.user.name;
  plan.groups = process.user.groups;
  plan.terminal = process.terminal;
  plan.no_new_privileges = process.no_new_privileges;
  plan.capabilities = oci::capability_mask(process.capabilities.bounding);
  plan.ambient_capabilities = oci::capability_mask(process.capabilities.ambient);
  plan.seccomp_program =
      TRY_WHILE(load_seccomp_program(spec.linux_.seccomp, plan.capabilities, inputs.data_root),
                "preparing the seccomp filter");
  for (const oci::Rlimit& limit : process.rlimits) {
    const std::optional<std::uint32_t> resource = sys::find_rlimit(limit.type);
    if (!resource) return base::fail(base::ErrorClass::Invalid, fmt::format("unknown limit {}", limit.type));
    plan.rlimits.push_back({*resource, limit.soft, limit.hard, limit.best_effort});
  }
  plan.set_oom_score_adj = process.oom_score_adj.has_value();
  plan.oom_score_adj = process.oom_score_adj.value_or(0);
  plan.keyring = "compose." + inputs.id;
  plan.apparmor_profile = process.apparmor_profile;
  return plan;
}

/// One file a processor tells its neighbours' load, and so what they do: masked with the rest.
const std::vector<std::string>& thermal_paths() {
  static const std::vector<std::string> paths = [] {
    std::vector<std::string> found;
    const std::string folder = "/sys/devices/system/cpu";
    const base::Result<std::vector<std::string>> names = sys::list_directory(folder);
    if (!names) return found;
    for (const std::string& name : *names) {
      const std::string path = fmt::format("{}/{}/thermal_throttle", folder, name);
      if (name.starts_with("cpu") && sys::path_exists(path)) found.push_back(path);
    }
    return found;
  }();
  return paths;
}

std::string_view name_of(const std::string& entry) {
  return std::string_view(entry).substr(0, entry.find('='));
}

void set_entry(std::vector<std::string>& environment, const std::string& entry) {
  for (std::string& other : environment) {
    if (name_of(other) != name_of(entry)) continue;
    other = entry;
    return;
  }
  environment.push_back(entry);
}

}  // namespace

base::Result<LaunchPlan> make_launch_plan(const oci::Spec& spec, const sys::CgroupHierarchy& hierarchy,
                                          const LaunchInputs& inputs) {
  LaunchPlan plan;
  plan.id = inputs.id;
  plan.root = inputs.root;
  plan.root.read_only = plan.root.read_only || spec.root.read_only;
  for (const oci::Mount& mount : spec.mounts) plan.mounts.push_back(make_mount(mount));
  plan.masked_paths = spec.linux_.masked_paths;
  if (!plan.masked_paths.empty()) {
    plan.masked_paths.insert(plan.masked_paths.end(), thermal_paths().begin(), thermal_paths().end());
  }
  plan.read_only_paths = spec.linux_.readonly_paths;
  for (const oci::Device& device : spec.linux_.devices) {
    plan.devices.push_back(
        {device.path, device.type, device.major, device.minor, device.file_mode, device.uid, device.gid});
  }
  plan.hostname = spec.hostname;
  plan.domainname = spec.domainname;
  plan.network = inputs.network;
  plan.pid = make_namespace(spec, oci::NamespaceType::Pid);
  plan.ipc = make_namespace(spec, oci::NamespaceType::Ipc);
  plan.uts = make_namespace(spec, oci::NamespaceType::Uts);
  plan.cgroup_namespace = make_namespace(spec, oci::NamespaceType::Cgroup);
  plan.cgroup = TRY(make_cgroup(spec.linux_.resources, spec.linux_.cgroups_path, hierarchy));
  for (const auto& [name, value] : spec.linux_.sysctl) plan.sysctls.push_back({name, value});
  plan.init = spec.init;
  plan.process = TRY(make_process(spec, inputs));
  return plan;
}

ExecPlan make_exec_plan(const LaunchPlan& container, const ExecRequestSpec& request) {
  ExecPlan plan;
  plan.cgroup = container.cgroup;
  plan.process = container.process;
  ProcessPlan& process = plan.process;
  process.arguments = request.arguments;
  if (request.terminal) set_entry(process.environment, "TERM=xterm");
  for (const std::string& entry : request.environment) set_entry(process.environment, entry);
  if (!request.working_directory.empty()) process.working_directory = request.working_directory;
  if (!request.user.empty()) process.user = request.user;
  process.terminal = request.terminal;
  process.rows = request.rows;
  process.columns = request.columns;
  if (request.privileged) {
    process.capabilities = ~std::uint64_t{0} >> 23;  // All 41; the kernel leaves out what it does not know.
    process.seccomp_program.clear();
    process.apparmor_profile.clear();
  }
  return plan;
}

}  // namespace runtime::container
