// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

namespace base {

/// A request to stop, shared by whoever may ask and whoever must listen. Copies share one state.
/// Safe to use from several threads; `request()` is also safe in a signal handler.
class Cancellation {
 public:
  void request() const { state_->requested.store(true, std::memory_order_relaxed); }
  bool requested() const {
    for (const State* state = state_.get(); state != nullptr; state = state->parent.get()) {
      if (state->requested.load(std::memory_order_relaxed)) return true;
    }
    return false;
  }
  /// One that is requested with this one, and can be requested alone: for a part of the work.
  Cancellation child() const {
    Cancellation part;
    part.state_->parent = state_;
    return part;
  }

 private:
  struct State {
    std::atomic<bool> requested = false;
    std::shared_ptr<const State> parent;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace base
