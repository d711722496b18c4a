// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/oci/seccomp_profile.h"

/// OCI runtime-spec 1.2 as values: config.md and config-linux.md. Only what this engine can fill.
namespace runtime::oci {

/// config.md: process.user. Names are resolved inside the container by the launcher; a foreign runtime
/// needs the numbers, which `resolved` says are there.
struct User {
  std::string name;                 ///< As the image or the user wrote it: "", "www-data", "1000:50".
  std::vector<std::string> groups;  ///< Further groups, names or numbers (compose-spec: group_add).
  bool resolved = false;
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> additional_gids;
  bool operator==(const User&) const = default;
};

struct Rlimit {
  std::string type;  ///< "RLIMIT_NOFILE"
  std::uint64_t soft = 0, hard = 0;
  bool best_effort = false;  ///< Not of the specification: a default, as far as the starter may raise it.
  bool operator==(const Rlimit&) const = default;
};

/// man 7 capabilities; names with their CAP_ prefix, in the order of their numbers.
struct Capabilities {
  std::vector<std::string> bounding, effective, permitted, inheritable, ambient;
  bool operator==(const Capabilities&) const = default;
};

struct Process {
  bool terminal = false;
  User user;
  std::vector<std::string> args, env;
  std::string cwd = "/";
  Capabilities capabilities;
  std::vector<Rlimit> rlimits;
  bool no_new_privileges = false;
  std::string apparmor_profile, selinux_label;
  std::optional<int> oom_score_adj;
  bool operator==(const Process&) const = default;
};

struct Root {
  std::string path;  ///< Of the root file system, for a foreign runtime.
  bool read_only = false;
  bool operator==(const Root&) const = default;
};

struct Mount {
  std::string destination, type, source;
  std::vector<std::string> options;
  std::string subpath;  ///< Not of the specification: below `source`, resolved beneath it.
  bool operator==(const Mount&) const = default;
};

enum class NamespaceType { Pid, Network, Mount, Ipc, Uts, Cgroup, User };
struct Namespace {
  NamespaceType type = NamespaceType::Mount;
  std::string path;  ///< Empty: a new one.
  bool operator==(const Namespace&) const = default;
};

struct Device {
  std::string path;
  char type = 'c';
  std::uint32_t major = 0, minor = 0;
  std::uint32_t file_mode = 0666, uid = 0, gid = 0;
  bool operator==(const Device&) const = default;
};

/// config-linux.md: resources.devices. Unset numbers stand for every number.
struct DeviceRule {
  bool allow = false;
  char type = 'a';  ///< a (all), c or b
  std::optional<std::uint32_t> major, minor;
  std::string access = "rwm";
  bool operator==(const DeviceRule&) const = default;
};

struct Memory {
  std::optional<std::int64_t> limit, reservation, swap;  ///< Bytes; -1 unlimited.
  std::optional<int> swappiness;
  std::optional<bool> disable_oom_killer;
  bool operator==(const Memory&) const = default;
};

struct Cpu {
  std::optional<std::int64_t> shares, quota, period, realtime_runtime, realtime_period;
  std::string cpus, mems;
  bool operator==(const Cpu&) const = default;
};

struct BlockDeviceValue {
  std::uint32_t major = 0, minor = 0;
  std::uint64_t value = 0;  ///< Weight, or rate per second.
  bool operator==(const BlockDeviceValue&) const = default;
};
struct BlockIo {
  std::optional<std::uint16_t> weight;
  std::vector<BlockDeviceValue> weight_device, read_bps, write_bps, read_iops, write_iops;
  bool operator==(const BlockIo&) const = default;
};

struct Resources {
  std::vector<DeviceRule> devices;
  Memory memory;
  Cpu cpu;
  std::optional<std::int64_t> pids_limit;
  BlockIo block_io;
  bool operator==(const Resources&) const = default;
};

struct Linux {
  std::vector<Namespace> namespaces;
  std::vector<Device> devices;
  std::map<std::string, std::string> sysctl;
  Resources resources;
  std::string cgroups_path;  ///< "/compose/<id>"
  std::string rootfs_propagation;
  Seccomp seccomp;
  std::vector<std::string> masked_paths, readonly_paths;
  bool operator==(const Linux&) const = default;
};

struct Spec {
  Process process;
  Root root;
  std::string hostname, domainname;
  std::vector<Mount> mounts;
  std::map<std::string, std::string> annotations;
  Linux linux_;
  bool init = false;  ///< Not of the specification: a small init as the first process.
  bool operator==(const Spec&) const = default;

  /// The namespace of that type, or nullptr: the container shares the host's.
  const Namespace* find_namespace(NamespaceType type) const;
};

/// config.json for another OCI runtime. Invalid when the user is not resolved to numbers.
base::Result<std::string> encode_config_json(const Spec& spec);

}  // namespace runtime::oci
