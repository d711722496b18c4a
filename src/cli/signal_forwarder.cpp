// SPDX-License-Identifier: Apache-2.0
#include "cli/signal_forwarder.h"

#include <csignal>

#include <chrono>

#include "cli/render/progress_plain.h"
#include "compose/run.h"
#include "sys/interrupts.h"

namespace cli {
namespace {

// A signal only sets a flag; this is how often it is looked at.
constexpr auto kPeriod = std::chrono::milliseconds(20);

}  // namespace

SignalForwarder::SignalForwarder(compose::Session& session, std::string container) {
  // The session's own cancellation is not requested any more: the container decides what happens.
  sys::cancel_on_interrupt(base::Cancellation());
  thread_ = std::thread([this, &session, container = std::move(container)] {
    QuietProgress progress;
    compose::Session quiet{session.engine, progress, {}, session.warn, session.confirm, false, {}, {}, {}};
    int seen = sys::interrupts();
    std::unique_lock lock(mutex_);
    while (!over_) {
      const int now = sys::interrupts();
      for (; seen < now; ++seen) {
        const char* signal = sys::last_interrupt() == SIGTERM ? "SIGTERM" : "SIGINT";
        // A container that cannot be reached is reported by whoever waits for it.
        static_cast<void>(compose::forward_signal(quiet, container, signal));
      }
      ended_.wait_for(lock, kPeriod);
    }
  });
}

SignalForwarder::~SignalForwarder() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

}  // namespace cli
