// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/cancellation.h"
#include "engine_client/engine.h"

namespace compose {

/// Reads the logs of several containers at once, each on a thread of its own, and joins containers that
/// start later. The callbacks are called one at a time.
class LogFollower {
 public:
  struct Callbacks {
    std::function<void(const model::ObservedContainer&, const engine_client::LogLine&)> line;
    /// No line is at hand: time to show what was held back.
    std::function<void()> caught_up;
    /// A container has ended for good and its log was read to the end.
    std::function<void(const model::ObservedContainer&)> exited;
  };

  LogFollower(engine_client::Engine& engine, engine_client::LogOptions options, Callbacks callbacks);
  ~LogFollower();
  LogFollower(const LogFollower&) = delete;
  LogFollower& operator=(const LogFollower&) = delete;

  /// Reads this container's log from now on (once, however often it is asked for).
  void add(const model::ObservedContainer& container);
  /// Also joins containers that match and start later, until stop().
  void listen(const engine_client::ContainerFilter& filter,
              std::function<bool(const model::ObservedContainer&)> wanted);
  /// Blocks until every log that is read has ended. Without listen() there is nothing more to come then.
  void wait();
  /// True when every container that was added has ended, and there was at least one.
  bool all_ended();
  void stop();
  /// Errors of reading, if any.
  std::vector<base::Error> take_errors();

 private:
  void read(model::ObservedContainer container);
  base::Result<model::ObservedContainer> read_once(const model::ObservedContainer& container,
                                                   engine_client::LogOptions& options);

  engine_client::Engine& engine_;
  const engine_client::LogOptions options_;
  const Callbacks callbacks_;
  base::Cancellation cancellation_;

  std::mutex callback_mutex_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::set<std::string> reading_;  ///< IDs.
  bool any_ = false;
  std::vector<std::thread> threads_;
  std::vector<base::Error> errors_;
  std::thread listener_;
};

}  // namespace compose
