// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

struct CloneRequest {
  std::uint64_t flags = 0;  ///< CLONE_NEW*; CLONE_PIDFD is added.
  int cgroup = -1;          ///< cgroup v2 directory to start in (CLONE_INTO_CGROUP); -1: the caller's.
};

/// Both sides of a clone: `pid` is 0 in the child.
struct Cloned {
  pid_t pid = -1;
  UniqueFd pidfd;
};

/// clone3(2) as fork(2) does it: the child has a copy of the memory and goes on behind the call.
/// The caller must be single threaded. Needs kernel 5.7.
base::Result<Cloned> clone_process(const CloneRequest& request);

/// unshare(2), setns(2) with a namespace file or a pidfd.
base::Result<> unshare_namespaces(int flags);
base::Result<> join_namespaces(int fd, int flags, const std::string& what);

}  // namespace sys
