// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "runtime/container/launch_plan.h"
#include "sys/fd.h"

namespace runtime::container {

/// What becomes 0, 1 and 2 of the new process. Borrowed. -1: /dev/null. With `process.terminal` they
/// are not used: the new terminal is all three.
struct StandardFds {
  int in = -1, out = -1, err = -1;
};

struct StartedProcess {
  sys::UniqueFd pidfd;    ///< Readable when it has ended; wait with waitid(P_PIDFD).
  pid_t pid = -1;         ///< In the caller's pid namespace. A child of the caller.
  sys::UniqueFd console;  ///< Master side of the terminal, with `process.terminal`; else empty.
};

/// Runs the first process of a container: makes its cgroup, clones it into new namespaces, sets up the
/// root and the confinement, executes. Returns when the program has been executed. The caller must be
/// single threaded, and stands in the network namespace the plan means by Inherit.
///
/// Every failure is the returned Error, also when it happened inside the namespaces; then the child is
/// reaped and the cgroup removed. `Error::exit_code` is 127 when the program does not exist, 126 when
/// it cannot be executed, else 125. After a start the caller owns the cgroup: remove_cgroup(plan.cgroup)
/// once the process has been reaped. With `die_with_parent` the process is killed when the calling
/// thread ends.
base::Result<StartedProcess> start_process(const LaunchPlan& plan, const StandardFds& fds);

/// Runs a further process in the container whose first process is behind `container_pidfd`: joins its
/// cgroup and namespaces and is confined as `plan.process` says. A child of the caller, killed with it.
/// Errors as in start_process(); Conflict when the container has ended.
base::Result<StartedProcess> exec_process(const ExecPlan& plan, int container_pidfd, const StandardFds& fds);

}  // namespace runtime::container
