// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// One value to write: `{"memory.max", "67108864"}`.
struct CgroupSetting {
  std::string file, value;
  bool optional = false;  ///< A machine without this file goes on without.
  bool operator==(const CgroupSetting&) const = default;
};

/// One directory of one hierarchy with what to write there once it is made.
struct CgroupDirectory {
  std::string path;  ///< Absolute: "/sys/fs/cgroup/memory/compose/<id>"
  /// v1: name of the controller, which is also the folder inside the container; empty: cgroup v2.
  std::string controller;
  std::vector<CgroupSetting> settings;
  bool operator==(const CgroupDirectory&) const = default;
};

/// The cgroup of one container: a directory in each hierarchy that is needed. On a machine with both
/// versions mounted (hybrid) the v2 directory comes first.
struct Cgroup {
  std::vector<CgroupDirectory> directories;
  /// cgroup v2: BPF instructions of a BPF_CGROUP_DEVICE program, see cgroup_device_filter.h. It is carried
  /// by the folder above the v2 directory, which all containers with the same program share: attaching
  /// one to each would cost more than everything else here.
  std::string device_program;
  bool operator==(const Cgroup&) const = default;
};

/// Makes all directories, writes all settings, attaches the device program. An existing directory is
/// used again (restart). What was made is removed again when a step fails.
base::Result<> create_cgroup(const Cgroup& cgroup);

/// Descriptor of the v2 directory for CLONE_INTO_CGROUP; empty when the cgroup has none.
base::Result<UniqueFd> open_unified_directory(const Cgroup& cgroup);

/// Moves the calling, single-threaded process into the v1 directories; the v2 one is joined by
/// CLONE_INTO_CGROUP.
base::Result<> join_v1_directories(const Cgroup& cgroup);

/// SIGKILL to every process in it. Success when it is empty or gone.
base::Result<> kill_cgroup(const Cgroup& cgroup);

/// Stops or continues every process in it; returns when the kernel says it is done.
base::Result<> freeze_cgroup(const Cgroup& cgroup);
base::Result<> thaw_cgroup(const Cgroup& cgroup);

/// Removes the directories (with those made below them from inside), and the folders above them that
/// are this program's own (`compose*`, `devices-*`) once nothing else is in them. Waits up to 2 s for the
/// last processes to be reaped, by events and not by sleeping; then Conflict. NotFound is success.
base::Result<> remove_cgroup(const Cgroup& cgroup);

/// Times the kernel killed a process of it for want of memory; 0 when memory is not limited.
base::Result<std::uint64_t> count_oom_kills(const Cgroup& cgroup);

/// Host pids of all processes in it.
base::Result<std::vector<int>> list_cgroup_processes(const Cgroup& cgroup);

}  // namespace sys
