// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// What tells one file from another, and how far it goes.
struct FileFacts {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< Since the Unix epoch.
  std::uint64_t links = 0;       ///< 0: removed from its folder.
};
base::Result<FileFacts> file_facts(int fd);
/// Whether `path` names the open file, and not another one or a link by now.
base::Result<bool> is_file_at(int fd, const std::string& path);

/// pread(2), going on until `buffer` is full or the file ends: the bytes read.
base::Result<std::size_t> read_at(int fd, std::span<char> buffer, std::uint64_t offset);
/// One writev(2) of at most 4 parts: the bytes written, which may be less on a full disk.
base::Result<std::size_t> write_parts(int fd, std::span<const std::string_view> parts);
base::Result<> truncate_file(int fd, std::uint64_t size);
/// unlink(2); NotFound is success.
base::Result<> remove_file(const std::string& path);

}  // namespace sys
