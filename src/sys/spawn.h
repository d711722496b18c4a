// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// From here on no program that this process executes gets descriptors from `first` on.
void close_on_exec_from(int first);

/// Bytes for another process to read from the start.
base::Result<UniqueFd> make_memory_file(const char* name, std::string_view content);

/// Who cares for a spawned process.
enum class Parentage {
  Child,     ///< The caller, who must wait for it.
  Detached,  ///< The system's init; the caller never sees its end.
};

struct SpawnRequest {
  int program = -1;                      ///< Descriptor of the executable file.
  std::vector<std::string> arguments;    ///< argv, the name first.
  std::vector<std::string> environment;  ///< "K=V"
  /// Descriptor i of the new process; -1: /dev/null. There are no others, and at least three.
  std::vector<int> descriptors;
  Parentage parentage = Parentage::Child;
  /// It is killed when the thread that calls spawn() ends, as when its process is killed. Not for a detached
  /// one.
  bool ends_with_caller = false;
  /// It is the first process of a PID namespace where the system permits that: all that it starts, in
  /// whatever session, ends with it. pid_namespaces(7)
  bool takes_descendants_along = false;
};

struct Spawned {
  pid_t pid = -1;
  UniqueFd pidfd;  ///< Readable at its end (sys/pidfd.h); empty for a detached process.
};

/// Runs a program without copying the caller's memory (vfork-like), in a session of its own, in the
/// folder "/", and with all signals at their default. Answers once it is executed, or with the failed call.
/// Safe in a program with threads.
base::Result<Spawned> spawn(const SpawnRequest& request);

/// Kills a process that spawn() has started, which nobody waited for yet, and what it has started in its
/// session's first process group. kill(2).
base::Result<> kill_group(const Spawned& spawned);

/// Waits for a child that was started some other way: its exit code, or 128 + signal.
base::Result<int> wait_child(pid_t pid);

}  // namespace sys
