// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

namespace base {

/// A request to stop, shared by whoever may ask and whoever must listen. Copies share one state.
/// Safe to use from several threads; `request()` is also safe in a signal handler.
class Cancellation {
 public:
  void request() const { state_->store(true, std::memory_order_relaxed); }
  bool requested() const { return state_->load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<std::atomic<bool>> state_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace base
