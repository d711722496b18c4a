// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

/// Contents of open files and folders.
namespace sys {

/// Copies all that `from` holds, from its current position, to `to`: shares the blocks where the file system
/// can (FICLONE), else copies inside the kernel, else through memory. Holes may be filled. Returns the bytes.
base::Result<std::int64_t> copy_file_data(int from, int to, std::string_view what);

/// SHA-256 of what is left to read, as 64 hex digits. Reads in large pieces; leaves the position at the end.
base::Result<std::string> hash_file_data(int fd, std::string_view what);

/// Names in an open folder, sorted by their bytes, without "." and "..". `fd` must be readable and at its
/// start.
base::Result<std::vector<std::string>> read_names(UniqueFd fd, std::string_view what);

}  // namespace sys
