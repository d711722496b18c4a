// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/cancellation.h"
#include "base/result.h"
#include "sys/fd.h"

namespace runtime::build {

/// Held while a step with this key is made: other builds, of other processes too, wait for the result instead
/// of making it again. The lock's file goes away with it. Somebody who waited on a file that is gone may go
/// on beside a third build; both look into the cache first, so no more than work is lost.
class StepLock {
 public:
  /// Waits until it is free; Cancelled.
  static base::Result<StepLock> take(const std::string& data_root, const std::string& key,
                                     const base::Cancellation& cancellation);
  StepLock(StepLock&&) = default;
  StepLock& operator=(StepLock&&) = delete;
  ~StepLock();

 private:
  StepLock(std::string path, sys::UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  sys::UniqueFd fd_;
};

}  // namespace runtime::build
