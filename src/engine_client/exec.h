// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "engine_client/stream.h"

namespace engine_client {

/// A further process in a running container.
struct ExecSpec {
  std::vector<std::string> command;
  std::vector<std::string> environment;  ///< "K=V", over the container's own.
  std::string user, working_dir;         ///< Empty: the container's.
  bool tty = false, privileged = false, detach = false;
};

/// Processes inside running containers.
class Exec {
 public:
  virtual ~Exec() = default;
  /// Runs the process and returns its exit code (0 at once with `detach`). Conflict when the container
  /// does not run; 126 / 127 are ordinary exit codes: not executable, not found.
  virtual base::Result<int> run(const std::string& container, const ExecSpec&, const TerminalStreams&,
                                const base::Cancellation&) = 0;
};

}  // namespace engine_client
