// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace runtime::container {

/// Tells which containers' statuses change, with one inotify watch for all of them.
class StatusWatch {
 public:
  /// Makes `<run_root>/status` when missing. What changes from now on is reported.
  static base::Result<StatusWatch> open(const std::string& run_root);

  /// IDs of containers whose status was written or removed, each once, in the order of their first
  /// change; empty after `timeout`. Read the record afterwards: several changes may have been merged.
  base::Result<std::vector<std::string>> wait(std::chrono::milliseconds timeout);

  /// Readable when `wait` would answer at once: for a caller's own poll.
  int fd() const { return inotify_.value(); }

 private:
  explicit StatusWatch(sys::UniqueFd inotify) : inotify_(std::move(inotify)) {}
  sys::UniqueFd inotify_;
};

}  // namespace runtime::container
