// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/fd.h"

/// Paths that belong to a container. Whatever its links say, they are resolved below a directory
/// descriptor and never outside of it. Needs kernel 5.6 (openat2).
namespace sys {

enum class Symlinks : std::uint8_t { FollowInRoot, Refuse };

/// openat2(2) below `root`, which absolute links and ".." cannot leave; magic links of /proc are never
/// followed. O_CLOEXEC is added.
base::Result<UniqueFd> open_container_path(int root, const std::string& path, int flags,
                                           std::uint32_t mode = 0,
                                           Symlinks symlinks = Symlinks::FollowInRoot);

/// As open_container_path, but a path that would leave `directory` is an error (EXDEV) instead of being cut
/// off.
base::Result<UniqueFd> open_subpath(int directory, const std::string& path, int flags);

/// O_PATH descriptor of a directory below `root`, with all that is missing created (0755, the caller's).
/// A dangling link on the way is an error.
base::Result<UniqueFd> make_directory_in_root(int root, const std::string& path,
                                              Symlinks symlinks = Symlinks::FollowInRoot);

/// O_PATH descriptor of a file below `root`; an empty one is created when nothing is there.
base::Result<UniqueFd> make_file_in_root(int root, const std::string& path);

/// Without ".", ".." and double slashes; always starts with '/'.
std::string clean_absolute_path(std::string_view path);

}  // namespace sys
