// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/cgroup.h"
#include "sys/fd.h"

/// The steps on one directory of one hierarchy that sys/cgroup.h is made of.
namespace sys {

/// Makes the directory and its parents, ready to take processes and settings. With a device program the
/// folder above carries it before the directory exists.
base::Result<> make_cgroup_directory(const CgroupDirectory& directory, const std::string& device_program);

/// Writes the settings. v2: turns the controller on in the parents when its files are missing.
base::Result<> write_cgroup_settings(const CgroupDirectory& directory, int opened);

/// One write to an existing file of a cgroup.
base::Result<> write_cgroup_file(const std::string& path, const std::string& value);

/// Host pids in it and in all directories below; none when it is gone.
base::Result<std::vector<int>> read_cgroup_processes(const std::string& path);

/// rmdir with everything below. Conflict while processes are left.
base::Result<> remove_cgroup_directory(const std::string& path);

/// Removes the folders above a removed directory that this program made and nobody uses any more.
void remove_empty_parents(const std::string& path);

/// Waits until the v2 directory's cgroup.events says `line` ("populated 0"). False after `timeout`.
base::Result<bool> wait_cgroup_event(const std::string& path, const std::string& line,
                                     std::chrono::milliseconds timeout);

}  // namespace sys
