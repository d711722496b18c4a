// SPDX-License-Identifier: Apache-2.0
#include "sys/event_loop.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "sys/stream_io.h"

TEST_CASE("timers fire in the order of their times, unless they are cancelled") {
  auto loop = sys::EventLoop::create().value();
  std::string order;
  const auto start = sys::EventLoop::Clock::now();
  loop.at(start + std::chrono::milliseconds(20), [&] { order += 'c'; });
  loop.at(start + std::chrono::milliseconds(5), [&] {
    order += 'a';
    loop.at(start + std::chrono::milliseconds(10), [&] { order += 'b'; });
  });
  loop.cancel(loop.after(std::chrono::milliseconds(1), [&] { order += 'x'; }));
  loop.cancel(0);
  while (order.size() < 3) REQUIRE(loop.run_once());
  CHECK(order == "abc");
}

TEST_CASE("a descriptor is reported while it is watched, and its end always") {
  auto loop = sys::EventLoop::create().value();
  auto [reading, writing] = sys::make_pipe().value();
  std::vector<std::uint32_t> seen;
  REQUIRE(loop.add(reading.value(), sys::kReadable, [&](std::uint32_t events) { seen.push_back(events); }));
  REQUIRE(::write(writing.value(), "x", 1) == 1);
  REQUIRE(loop.run_once());
  loop.change(reading.value(), 0);
  bool fired = false;
  loop.after(std::chrono::milliseconds(1), [&] { fired = true; });
  while (!fired) REQUIRE(loop.run_once());
  CHECK(seen == std::vector<std::uint32_t>{sys::kReadable});
  writing.reset();
  REQUIRE(loop.run_once());
  CHECK(seen.back() == sys::kClosed);
  CHECK_FALSE(loop.add(-1, sys::kReadable, [](std::uint32_t) {}));
}

TEST_CASE("a callback may remove a descriptor that is ready as well") {
  auto loop = sys::EventLoop::create().value();
  auto first = sys::make_pipe().value();
  auto second = sys::make_pipe().value();
  int calls = 0;
  const auto remove_both = [&](std::uint32_t) {
    ++calls;
    loop.remove(first.first.value());
    loop.remove(second.first.value());
  };
  REQUIRE(loop.add(first.first.value(), sys::kReadable, remove_both));
  REQUIRE(loop.add(second.first.value(), sys::kReadable, remove_both));
  REQUIRE(::write(first.second.value(), "x", 1) == 1);
  REQUIRE(::write(second.second.value(), "x", 1) == 1);
  REQUIRE(loop.run_once());
  CHECK(calls == 1);
}
