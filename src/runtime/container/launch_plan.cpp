// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/launch_plan.h"

#include "runtime/container/byte_archive.h"

// Members are found by argument-dependent lookup, so each archive() lies in its type's namespace.
namespace sys {

using runtime::container::Like;

template <class Archive>
void archive(Archive& a, Like<CgroupSetting> auto& v) {
  a(v.file, v.value, v.optional);
}
template <class Archive>
void archive(Archive& a, Like<CgroupDirectory> auto& v) {
  a(v.path, v.controller, v.settings);
}
template <class Archive>
void archive(Archive& a, Like<Cgroup> auto& v) {
  a(v.directories, v.device_program);
}

}  // namespace sys

namespace runtime::container {
namespace {

/// First bytes of every plan; the last one counts its form.
constexpr std::string_view kLaunchMark = "CLP\1";
constexpr std::string_view kExecMark = "CEP\1";

}  // namespace

constexpr MountKind last_value(MountKind) { return MountKind::Detached; }
constexpr Propagation last_value(Propagation) { return Propagation::Unbindable; }
constexpr NamespaceMode last_value(NamespaceMode) { return NamespaceMode::Join; }

template <class Archive>
void archive(Archive& a, Like<RootPlan> auto& v) {
  a(v.lower, v.upper, v.work, v.directory, v.unsynced, v.read_only);
}
template <class Archive>
void archive(Archive& a, Like<MountPlan> auto& v) {
  a(v.kind, v.source, v.subpath, v.target, v.filesystem, v.data, v.layers, v.upper, v.work, v.descriptor,
    v.attributes, v.recursive, v.recursive_attributes, v.propagation, v.recursive_propagation);
}
template <class Archive>
void archive(Archive& a, Like<DevicePlan> auto& v) {
  a(v.path, v.type, v.major, v.minor, v.mode, v.uid, v.gid);
}
template <class Archive>
void archive(Archive& a, Like<NamespacePlan> auto& v) {
  a(v.mode, v.path);
}
template <class Archive>
void archive(Archive& a, Like<RlimitPlan> auto& v) {
  a(v.resource, v.soft, v.hard, v.best_effort);
}
template <class Archive>
void archive(Archive& a, Like<SysctlPlan> auto& v) {
  a(v.name, v.value);
}
template <class Archive>
void archive(Archive& a, Like<ProcessPlan> auto& v) {
  a(v.arguments, v.environment, v.working_directory, v.user, v.groups, v.terminal, v.rows, v.columns,
    v.no_new_privileges, v.capabilities, v.ambient_capabilities, v.seccomp_program, v.rlimits,
    v.oom_score_adj, v.set_oom_score_adj, v.umask, v.keyring, v.apparmor_profile);
}
template <class Archive>
void archive(Archive& a, Like<LaunchPlan> auto& v) {
  a(v.id, v.root, v.mounts, v.masked_paths, v.read_only_paths, v.devices, v.hostname, v.domainname, v.network,
    v.pid, v.ipc, v.uts, v.cgroup_namespace, v.cgroup, v.sysctls, v.init, v.die_with_parent, v.process);
}
template <class Archive>
void archive(Archive& a, Like<ExecPlan> auto& v) {
  a(v.cgroup, v.process);
}

namespace {

template <class Plan>
std::string encode_plan(std::string_view mark, const Plan& plan) {
  ArchiveWriter writer;
  writer(plan);
  return std::string(mark) + writer.take();
}

template <class Plan>
base::Result<Plan> decode_plan(std::string_view mark, std::string_view bytes) {
  Plan plan;
  if (bytes.starts_with(mark)) {
    ArchiveReader reader(bytes.substr(mark.size()));
    reader(plan);
    if (reader.finish("a launch plan")) return plan;
  }
  return base::fail(base::make_error(base::ErrorClass::Invalid, "a launch plan is damaged")
                        .with_hint("it was written by another version of this program; create the "
                                   "container again"));
}

}  // namespace

std::string encode(const LaunchPlan& plan) { return encode_plan(kLaunchMark, plan); }
std::string encode(const ExecPlan& plan) { return encode_plan(kExecMark, plan); }

base::Result<LaunchPlan> decode_launch_plan(std::string_view bytes) {
  return decode_plan<LaunchPlan>(kLaunchMark, bytes);
}
base::Result<ExecPlan> decode_exec_plan(std::string_view bytes) {
  return decode_plan<ExecPlan>(kExecMark, bytes);
}

}  // namespace runtime::container
