// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/duration.h"
#include "model/container_spec.h"

namespace monitor {

/// How a process ended, as far as the restart policy is concerned.
struct ProcessEnd {
  int exit_code = 0;
  base::Duration ran{};
  bool stop_requested = false;  ///< Somebody asked for the end: no policy starts it again.
};

/// Decides whether and when a container that ended starts again: Docker's rules. The first wait is
/// 100 ms, each further one twice as long up to a minute; a run of at least 10 s resets the wait.
/// compose-spec: services.*.restart.
class RestartBackoff {
 public:
  RestartBackoff(model::RestartPolicy policy, std::uint32_t restarts)
      : policy_(policy), restarts_(restarts) {}

  /// How long to wait before the next start; none: it has stopped for good. Counts the restart.
  std::optional<base::Duration> next(const ProcessEnd& end);
  std::uint32_t restarts() const { return restarts_; }

 private:
  model::RestartPolicy policy_;
  std::uint32_t restarts_;
  base::Duration wait_{};
};

}  // namespace monitor
