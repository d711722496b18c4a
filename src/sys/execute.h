// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace sys {

/// The argument and environment lists of execve(2), pointing into texts that outlive them.
class ExecuteLists {
 public:
  ExecuteLists(const std::vector<std::string>& arguments, const std::vector<std::string>& environment);
  /// execve(2); returns only on failure, with errno.
  int execute(const std::string& path) const;

 private:
  std::vector<char*> arguments_, environment_;
};

/// fork(2): 0 in the child. For a process that is single threaded and small.
base::Result<pid_t> fork_process();

/// Ends the process at once, running nothing that was registered for its end.
[[noreturn]] void end_process(int code);

/// To be called as the first process of a pid namespace, whose program is `child`: forwards every signal
/// to it, reaps whatever is left behind, and ends as it did (128 + signal). Holds no descriptor open.
[[noreturn]] void run_init(pid_t child);

/// Before fork_process() and run_init(): from here on signals wait to be forwarded.
void block_signals();
void unblock_signals();

}  // namespace sys
