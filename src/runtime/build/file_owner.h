// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "runtime/build/layered_tree.h"
#include "sys/path_at.h"

namespace runtime::build {

/// `--chown=user[:group]`: names are looked up in /etc/passwd and /etc/group of `root`, which are hostile
/// input. Without a group: the user's own, or for a number the same number. Invalid: an unknown name, a
/// number that is no user (0 to 2^32-2).
base::Result<sys::Ownership> find_owner(std::string_view text, const LayeredTree& root);

}  // namespace runtime::build
