// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include "base/result.h"
#include "base/watched_work.h"

namespace runtime::image {

/// How far the look at layers after a power cut has come.
class SettleProgress {
 public:
  SettleProgress(const base::Watcher& watcher, std::size_t all);
  /// Call it often: says how far it is, when the time has come. Cancelled.
  base::Result<> go_on();
  void end_layer() { ++done_; }

 private:
  const base::Watcher& watcher_;
  std::size_t all_, done_ = 0;
  std::chrono::steady_clock::time_point next_;  ///< When something is to be said.
};

}  // namespace runtime::image
