// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

/// Calls on one name in an open folder. None follows a symbolic link in its last part; names given to them
/// must be single components unless said otherwise.
namespace sys {

/// openat2(2) with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS: `path` may have many parts, absolute links
/// and ".." in it stay inside `root`.
base::Result<UniqueFd> open_in_root(int root, const std::string& path, int flags, std::uint32_t mode = 0);
/// openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS: any link on the way is an error (ELOOP).
base::Result<UniqueFd> open_beneath(int root, const std::string& path, int flags, std::uint32_t mode = 0);

/// fstatat(2) AT_SYMLINK_NOFOLLOW; nothing when there is no such name.
base::Result<std::optional<struct stat>> stat_at(int folder, const std::string& name);
base::Result<struct stat> stat_fd(int fd);

/// mkdirat(2).
base::Result<> make_directory_at(int folder, const std::string& name, std::uint32_t mode);
/// symlinkat(2).
base::Result<> make_symlink_at(int folder, const std::string& name, const std::string& target);
/// mknodat(2): `mode` carries the type; device `major:minor`.
base::Result<> make_node_at(int folder, const std::string& name, std::uint32_t mode, std::uint32_t major = 0,
                            std::uint32_t minor = 0);
/// linkat(2) without following.
base::Result<> make_link_at(int from_folder, const std::string& from_name, int folder,
                            const std::string& name);
/// renameat(2).
base::Result<> rename_at(int from_folder, const std::string& from_name, int folder, const std::string& name);
/// readlinkat(2).
base::Result<std::string> read_link_at(int folder, const std::string& name);

/// Removes the name, with everything beneath when it is a folder. NotFound is success.
base::Result<> remove_at(int folder, const std::string& name);
/// Removes the name; a folder only when it is empty (ENOTEMPTY). NotFound is success.
base::Result<> remove_one_at(int folder, const std::string& name);

struct Ownership {
  std::uint32_t uid = 0, gid = 0;
};
/// fchownat(2), fchmodat(2), utimensat(2): nothing is followed. `mode` has no effect on a link.
base::Result<> set_owner_at(int folder, const std::string& name, Ownership owner);
base::Result<> set_mode_at(int folder, const std::string& name, std::uint32_t mode);
base::Result<> set_time_at(int folder, const std::string& name, timespec modified);
base::Result<> set_owner(int fd, Ownership owner);
base::Result<> set_mode(int fd, std::uint32_t mode);
base::Result<> set_time(int fd, timespec modified);

}  // namespace sys
