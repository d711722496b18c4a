// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// open(2) with O_CLOEXEC added.
base::Result<UniqueFd> open_file(const std::string& path, int flags, std::uint32_t mode = 0);
/// openat(2) with O_CLOEXEC added.
base::Result<UniqueFd> open_at(int directory, const std::string& name, int flags,
                               std::uint32_t mode = 0);

/// The whole file; Invalid when it is larger than `limit` bytes.
base::Result<std::string> read_file(const std::string& path, std::size_t limit = 64u << 20);
base::Result<std::string> read_all(int fd, std::string_view what, std::size_t limit = 64u << 20);

/// read(2) once, going on after EINTR: some bytes, 0 at the end.
base::Result<std::size_t> read_some(int fd, std::span<char> room);

/// pread(2) once: as read_some, from a place in the file.
base::Result<std::size_t> read_some_at(int fd, std::span<char> room, std::int64_t offset);

/// lseek(2): passes over `count` bytes, which may lie beyond the end of the file.
base::Result<> skip_ahead(int fd, std::int64_t count);

/// lseek(2): where the descriptor stands.
base::Result<std::int64_t> position_of(int fd);

/// A file without a name in `folder` (O_TMPFILE): it goes away with its descriptor.
base::Result<UniqueFd> make_unnamed_file(const std::string& folder);

/// All of `data`, going on after short writes and EINTR.
base::Result<> write_all(int fd, std::string_view data);

enum class Durability { Rename, Sync };
/// Writes a temporary sibling and renames it over `path`, so that a reader sees the old or the new.
/// With Sync the data is on disk before the rename.
base::Result<> write_file(const std::string& path, std::string_view data, std::uint32_t mode = 0600,
                          Durability durability = Durability::Rename);

/// mkdir -p; existing folders are left as they are.
base::Result<> make_directories(const std::string& path, std::uint32_t mode = 0755);

/// rm -rf without following links and without crossing into mounts; NotFound is success.
base::Result<> remove_tree(const std::string& path);

/// Names in a folder, sorted, without "." and "..".
base::Result<std::vector<std::string>> list_directory(const std::string& path);

/// The same for an open folder, whose position does not matter.
base::Result<std::vector<std::string>> list_directory_at(int folder);

/// Whether there is something at `path`, a dangling link included.
bool path_exists(const std::string& path);

/// faccessat(2) as who the process acts as (AT_EACCESS): R_OK, W_OK, X_OK.
base::Result<> check_access(const std::string& path, int rights);

/// rename(2); the error names both paths.
base::Result<> rename_path(const std::string& from, const std::string& to);

/// flock(2) on a file made when missing; released when the returned descriptor closes.
base::Result<UniqueFd> lock_file(const std::string& path);

}  // namespace sys
