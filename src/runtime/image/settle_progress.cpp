// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/settle_progress.h"

#include <fmt/format.h>

namespace runtime::image {
namespace {

/// Pauses between two sentences, as many times the first one.
constexpr int kLaterPauses = 5;

}  // namespace

SettleProgress::SettleProgress(const base::Watcher& watcher, std::size_t all)
    : watcher_(watcher), all_(all), next_(std::chrono::steady_clock::now() + watcher.patience) {}

base::Result<> SettleProgress::go_on() {
  if (watcher_.cancellation.requested()) {
    return base::fail(base::ErrorClass::Cancelled, "looking at layers was interrupted");
  }
  const auto now = std::chrono::steady_clock::now();
  if (!watcher_.say || now < next_) return {};
  next_ = now + kLaterPauses * watcher_.patience;
  watcher_.say(fmt::format("the machine was started again: looking for layers that lost files, {} of {} done",
                           done_, all_));
  return {};
}

}  // namespace runtime::image
