// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

/// What ties the calling process to others: its parent, its session, its terminal, its machine's name.
namespace sys {

/// SIGKILL when the thread that made this process ends. A change of ids undoes it.
base::Result<> die_with_parent();

/// Whether processes of the same user may look at the caller's memory and descriptors (PR_SET_DUMPABLE).
enum class Inspection { Allowed, Forbidden };
Inspection inspection();
/// Forbidden lasts until the next execve; children begin with their parent's. With CAP_SYS_PTRACE one may
/// look all the same.
base::Result<> set_inspection(Inspection inspection);

/// A session of its own; success when it leads one already.
base::Result<> start_session();
/// Makes the terminal on `fd` the controlling one of the caller's session.
base::Result<> take_terminal(int fd);

/// Names in the caller's UTS namespace.
base::Result<> set_host_name(const std::string& name);
base::Result<> set_domain_name(const std::string& name);

/// fchdir(2), then proof that the directory lies inside the caller's root: Permission otherwise.
base::Result<> enter_directory_inside_root(int directory, const std::string& path);

/// umask(2).
void set_umask(unsigned mask);

}  // namespace sys
