// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace sys {

/// What names the time from one start of the kernel to its end. man 5 proc: /proc/sys/kernel/random/boot_id.
inline constexpr const char* kBootIdFile = "/proc/sys/kernel/random/boot_id";
/// The file's text without the line's end.
base::Result<std::string> read_boot_id(const std::string& path);

/// syncfs(2): returns once all that was written to the file system of `fd` is on disk. The process cannot
/// end meanwhile, not even by a signal.
base::Result<> sync_file_system(int fd);

/// Bytes written by whomever that are not on disk yet: Dirty and Writeback of /proc/meminfo.
base::Result<std::int64_t> unwritten_bytes();

}  // namespace sys
