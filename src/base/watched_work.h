// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/cancellation.h"

namespace base {

/// Who waits while something is done that may take long: may end it, and is told what it is.
struct Watcher {
  Cancellation cancellation;
  std::function<void(const std::string&)> say;  ///< Takes one sentence; may be empty.
  std::chrono::milliseconds patience{1000};     ///< Nothing is said before.
};

}  // namespace base
