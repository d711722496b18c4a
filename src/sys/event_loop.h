// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// What a descriptor is watched for; kClosed is always reported.
inline constexpr std::uint32_t kReadable = 1, kWritable = 2, kClosed = 4;

/// Waits for descriptors and times on one thread and calls whoever asked. Callbacks may add and remove
/// anything, also themselves. man 7 epoll.
class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;
  using FdCallback = std::function<void(std::uint32_t events)>;
  using TimerId = std::uint64_t;  ///< Never 0.

  static base::Result<EventLoop> create();

  /// Watches `fd`, which stays the caller's and must be removed before it is closed. `events` may be 0.
  base::Result<> add(int fd, std::uint32_t events, FdCallback callback);
  /// Other events for a watched descriptor; the same again costs nothing.
  void change(int fd, std::uint32_t events);
  /// Ends the watch; nothing happens when there is none.
  void remove(int fd);

  /// Calls once at `when` or soon after.
  TimerId at(Clock::time_point when, std::function<void()> callback);
  TimerId after(std::chrono::nanoseconds delay, std::function<void()> callback);
  /// 0 and IDs of timers that have fired are allowed.
  void cancel(TimerId timer);

  /// Waits until something happens and runs its callbacks.
  base::Result<> run_once();

 private:
  struct Watch {
    int fd;
    std::uint32_t events;
    FdCallback callback;
  };
  struct Timer {
    TimerId id;
    std::function<void()> callback;
  };
  explicit EventLoop(UniqueFd epoll) : epoll_(std::move(epoll)) {}
  int timeout_ms() const;
  void run_timers();

  UniqueFd epoll_;
  std::vector<std::shared_ptr<Watch>> watches_;  ///< Few: searched in order.
  std::multimap<Clock::time_point, Timer> timers_;
  TimerId next_timer_ = 1;
};

}  // namespace sys
