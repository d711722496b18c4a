// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "sys/fd.h"
#include "sys/path_at.h"

namespace sys {

/// A detached copy of the mount at what `node` is open on, in which everything of `owner` is root's (man 2
/// mount_setattr, MOUNT_ATTR_IDMAP). What is of others is nobody's. Errors with EINVAL: the file system has
/// no such mounts; with EPERM, ENOSPC: the machine gives no user namespaces.
base::Result<UniqueFd> clone_as_root(int node, Ownership owner);

}  // namespace sys
