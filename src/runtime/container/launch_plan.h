// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/cgroup.h"

namespace runtime::container {

/// The file system the container starts from. Either an overlay (`lower` not empty) or `directory`.
struct RootPlan {
  std::vector<std::string> lower;  ///< Absolute host paths, top layer first.
  std::string upper, work;         ///< Writable layer; both empty: a read-only root.
  std::string directory;           ///< A plain folder used as it is.
  bool unsynced = false;           ///< Nothing waits for the disk: a build step's, made anew after a crash.
  bool read_only = false;          ///< Writable while mount points are made, then not.
  bool operator==(const RootPlan&) const = default;
};

enum class MountKind : std::uint8_t {
  Bind,  ///< `source` is a host path.
  Proc,  ///< Mounted in the new pid namespace; never through a symbolic link.
  Sysfs,
  Tmpfs,
  Devpts,
  Mqueue,
  Cgroup,      ///< The container's own cgroup directories.
  Filesystem,  ///< Any other: `filesystem` names the type, `source` the device.
  Overlay,     ///< `layers` with `upper` and `work` on top; read-only without these.
  Detached,    ///< A mount that was prepared before: `descriptor` is moved to `target` as it is.
};
enum class Propagation : std::uint8_t { Private, Slave, Shared, Unbindable };

/// One mount, in the order they are made.
struct MountPlan {
  MountKind kind = MountKind::Bind;
  std::string source;                 ///< Bind: host path, opened while the host's tree is still reachable.
  std::string subpath;                ///< Bind: below `source`, resolved beneath it and nowhere else.
  std::string target;                 ///< Inside the container; created when missing, as what `source` is.
  std::int32_t descriptor = -1;       ///< Detached: number of an inherited descriptor, good for one start.
  std::string filesystem;             ///< Filesystem only.
  std::string data;                   ///< Options of the file system: "mode=755,size=65536k".
  std::vector<std::string> layers;    ///< Overlay: absolute host paths, top first.
  std::string upper, work;            ///< Overlay: absolute host paths.
  std::uint64_t attributes = 0;       ///< MOUNT_ATTR_*
  bool recursive = true;              ///< Bind: take the mounts below `source` too.
  bool recursive_attributes = false;  ///< Bind: `attributes` for the mounts below too.
  Propagation propagation = Propagation::Private;
  bool recursive_propagation = true;
  bool operator==(const MountPlan&) const = default;
};

/// A device node made in the container's own /dev.
struct DevicePlan {
  std::string path;  ///< "/dev/null"
  char type = 'c';   ///< c, b or p
  std::uint32_t major = 0, minor = 0;
  std::uint32_t mode = 0666, uid = 0, gid = 0;
  bool operator==(const DevicePlan&) const = default;
};

enum class NamespaceMode : std::uint8_t {
  New,
  Inherit,  ///< The caller's: for the network, the one the monitor lives in; else the host's.
  Join,     ///< The one at `path`: "/proc/<pid>/ns/ipc".
};
struct NamespacePlan {
  NamespaceMode mode = NamespaceMode::New;
  std::string path;
  bool operator==(const NamespacePlan&) const = default;
};

struct RlimitPlan {
  std::uint32_t resource = 0;  ///< RLIMIT_*
  std::uint64_t soft = 0, hard = 0;
  bool best_effort = false;  ///< Not above the starter's own hard limit when it may not raise that.
  bool operator==(const RlimitPlan&) const = default;
};

/// `kernel.shm_rmid_forced` = "1": a value below /proc/sys, set before that becomes read-only.
struct SysctlPlan {
  std::string name, value;
  bool operator==(const SysctlPlan&) const = default;
};

/// What a process in a container is, whether its first one or a later one (`exec`).
struct ProcessPlan {
  std::vector<std::string> arguments;    ///< argv; [0] is searched in PATH inside the container.
  std::vector<std::string> environment;  ///< "K=V". HOME is added from /etc/passwd when missing.
  std::string working_directory = "/";   ///< Created when missing. Inside the container's root.
  std::string user;                      ///< "", "name", "uid", "name:group", "uid:gid"
  std::vector<std::string> groups;       ///< Further groups, by name or number.
  bool terminal = false;                 ///< A new pseudo terminal instead of the standard fds.
  std::uint16_t rows = 0, columns = 0;   ///< First size of the terminal; 0: the kernel's.
  bool no_new_privileges = false;
  std::uint64_t capabilities = 0;          ///< Bounding set; permitted and effective for uid 0.
  std::uint64_t ambient_capabilities = 0;  ///< Normally none; always a part of `capabilities`.
  std::string seccomp_program;             ///< Ready BPF (struct sock_filter[]); empty: no filter.
  std::vector<RlimitPlan> rlimits;
  std::int32_t oom_score_adj = 0;
  bool set_oom_score_adj = false;
  std::uint32_t umask = 0022;
  std::string keyring;           ///< Name of a new session keyring; empty: keep the caller's.
  std::string apparmor_profile;  ///< Entered at exec; empty: none.
  bool operator==(const ProcessPlan&) const = default;
};

/// Everything start_process() needs to run one container, already resolved: nothing is looked up by
/// name any more. Files the engine places (secrets, configs, hosts, resolv.conf) are read-only binds
/// of files below `<data root>/containers/<id>`, which carry their owner and mode there.
struct LaunchPlan {
  std::string id;  ///< Container ID, for messages and names.
  RootPlan root;
  std::vector<MountPlan> mounts;
  std::vector<std::string> masked_paths, read_only_paths;
  std::vector<DevicePlan> devices;
  std::string hostname, domainname;  ///< Empty: left alone.
  NamespacePlan network{NamespaceMode::Inherit, {}};
  NamespacePlan pid, ipc, uts, cgroup_namespace;
  sys::Cgroup cgroup;
  std::vector<SysctlPlan> sysctls;
  bool init = false;  ///< A small init reaps and forwards signals as pid 1; the process is its child.
  bool die_with_parent = true;  ///< SIGKILL when the process that started it ends.
  ProcessPlan process;
  bool operator==(const LaunchPlan&) const = default;
};

/// What exec_process() runs in a running container. Which container: a pidfd given with it, so that
/// one plan serves every health probe.
struct ExecPlan {
  sys::Cgroup cgroup;  ///< The container's, joined before its namespaces.
  ProcessPlan process;
  bool operator==(const ExecPlan&) const = default;
};

/// Compact binary form, read only by the same program.
std::string encode(const LaunchPlan& plan);
std::string encode(const ExecPlan& plan);
/// Invalid when the bytes are not a whole plan of this version. Safe on any input.
base::Result<LaunchPlan> decode_launch_plan(std::string_view bytes);
base::Result<ExecPlan> decode_exec_plan(std::string_view bytes);

}  // namespace runtime::container
