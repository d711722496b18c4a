// SPDX-License-Identifier: Apache-2.0
#include "sys/event_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>

namespace sys {
namespace {

std::uint32_t to_epoll(std::uint32_t events) {
  std::uint32_t bits = 0;
  if ((events & kReadable) != 0) bits |= EPOLLIN;
  if ((events & kWritable) != 0) bits |= EPOLLOUT;
  return bits;
}

std::uint32_t from_epoll(std::uint32_t bits) {
  std::uint32_t events = 0;
  if ((bits & EPOLLIN) != 0) events |= kReadable;
  if ((bits & EPOLLOUT) != 0) events |= kWritable;
  if ((bits & (EPOLLHUP | EPOLLERR)) != 0) events |= kClosed;
  return events;
}

}  // namespace

base::Result<EventLoop> EventLoop::create() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return base::fail(base::make_errno_error("epoll_create1", errno));
  return EventLoop(std::move(epoll));
}

base::Result<> EventLoop::add(int fd, std::uint32_t events, FdCallback callback) {
  epoll_event event{};
  event.events = to_epoll(events);
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.value(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return base::fail(base::make_errno_error(fmt::format("epoll_ctl(ADD, {})", fd), errno));
  }
  watches_.push_back(std::make_shared<Watch>(fd, events, std::move(callback)));
  return {};
}

void EventLoop::change(int fd, std::uint32_t events) {
  const auto found = std::ranges::find(watches_, fd, [](const auto& watch) { return watch->fd; });
  if (found == watches_.end() || (*found)->events == events) return;
  epoll_event event{};
  event.events = to_epoll(events);
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.value(), EPOLL_CTL_MOD, fd, &event) == 0) (*found)->events = events;
}

void EventLoop::remove(int fd) {
  const auto found = std::ranges::find(watches_, fd, [](const auto& watch) { return watch->fd; });
  if (found == watches_.end()) return;
  ::epoll_ctl(epoll_.value(), EPOLL_CTL_DEL, fd, nullptr);
  watches_.erase(found);
}

EventLoop::TimerId EventLoop::at(Clock::time_point when, std::function<void()> callback) {
  const TimerId id = next_timer_++;
  timers_.emplace(when, Timer{id, std::move(callback)});
  return id;
}

EventLoop::TimerId EventLoop::after(std::chrono::nanoseconds delay, std::function<void()> callback) {
  return at(Clock::now() + delay, std::move(callback));
}

void EventLoop::cancel(TimerId timer) {
  const auto found =
      std::ranges::find_if(timers_, [timer](const auto& entry) { return entry.second.id == timer; });
  if (found != timers_.end()) timers_.erase(found);
}

int EventLoop::timeout_ms() const {
  if (timers_.empty()) return -1;
  const auto left = timers_.begin()->first - Clock::now();
  if (left <= left.zero()) return 0;
  constexpr std::int64_t kLongest = 3'600'000;
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::min<std::int64_t>(whole, kLongest));
}

void EventLoop::run_timers() {
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const std::function<void()> callback = std::move(timers_.begin()->second.callback);
    timers_.erase(timers_.begin());
    callback();
  }
}

base::Result<> EventLoop::run_once() {
  std::array<epoll_event, 16> ready{};
  const int count = ::epoll_wait(epoll_.value(), ready.data(), ready.size(), timeout_ms());
  if (count < 0 && errno != EINTR) return base::fail(base::make_errno_error("epoll_wait", errno));
  // A callback may remove a descriptor that is ready too, and a new one may get its number: each is
  // looked up when its turn comes, among the watches there were before.
  std::array<std::shared_ptr<Watch>, 16> watches;
  for (int i = 0; i < count; ++i) {
    const auto found =
        std::ranges::find(watches_, ready[i].data.fd, [](const auto& watch) { return watch->fd; });
    if (found != watches_.end()) watches[i] = *found;
  }
  for (int i = 0; i < count; ++i) {
    if (watches[i] == nullptr || std::ranges::find(watches_, watches[i]) == watches_.end()) continue;
    watches[i]->callback(from_epoll(ready[i].events));
  }
  run_timers();
  return {};
}

}  // namespace sys
