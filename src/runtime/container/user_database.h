// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace runtime::container {

/// Who a process in a container runs as.
struct ResolvedUser {
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> groups;  ///< Supplementary; the primary one is always the first.
  std::string home = "/";
  bool operator==(const ResolvedUser&) const = default;
};

/// Resolves `user` ("", "name", "uid", "name:group", "uid:gid") and further `groups` with the texts of
/// the container's /etc/passwd and /etc/group. Numbers need no entry. Without an explicit group the
/// user's own comes from passwd, and the groups that list it by name are added. Invalid for numbers
/// outside 0..4294967294, NotFound for an unknown name.
base::Result<ResolvedUser> resolve_user(std::string_view user, const std::vector<std::string>& groups,
                                        std::string_view passwd_text, std::string_view group_text);

/// As above with the files below `root`, a descriptor of the container's root. A file that is missing
/// reads as empty. Only regular files of at most 4 MiB are read: an image may hold a FIFO or a device
/// there.
base::Result<ResolvedUser> resolve_user_in_root(int root, std::string_view user,
                                                const std::vector<std::string>& groups);

}  // namespace runtime::container
