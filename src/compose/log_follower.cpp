// SPDX-License-Identifier: Apache-2.0
#include "compose/log_follower.h"

#include <chrono>

#include "compose/plan/project_containers.h"

namespace compose {
namespace {

// An engine may end a log with the process; before the next look there is a moment for the restart.
constexpr auto kRestartPause = std::chrono::milliseconds(100);

}  // namespace

LogFollower::LogFollower(engine_client::Engine& engine, engine_client::LogOptions options,
                         Callbacks callbacks)
    : engine_(engine), options_(std::move(options)), callbacks_(std::move(callbacks)) {}

LogFollower::~LogFollower() { stop(); }

void LogFollower::add(const model::ObservedContainer& container) {
  const std::lock_guard lock(mutex_);
  if (cancellation_.requested() || !reading_.insert(container.id).second) return;
  any_ = true;
  threads_.emplace_back([this, container] { read(container); });
}

void LogFollower::listen(const engine_client::ContainerFilter& filter,
                         std::function<bool(const model::ObservedContainer&)> wanted) {
  listener_ = std::thread([this, filter, wanted = std::move(wanted)] {
    const auto heard = engine_.containers().events(
        filter,
        [&](const engine_client::ContainerEvent& event) {
          if (event.kind == engine_client::ContainerEventKind::Started && wanted(event.container)) {
            add(event.container);
          }
          return !cancellation_.requested();
        },
        cancellation_);
    if (heard || heard.error().error_class == base::ErrorClass::Cancelled) return;
    const std::lock_guard lock(mutex_);
    errors_.push_back(heard.error());
  });
}

void LogFollower::read(model::ObservedContainer container) {
  engine_client::LogOptions options = options_;
  while (true) {
    auto after = read_once(container, options);
    if (!after) {
      const std::lock_guard lock(mutex_);
      // A container that was removed while its log was read has nothing more to say.
      if (after.error().error_class != base::ErrorClass::NotFound &&
          after.error().error_class != base::ErrorClass::Cancelled) {
        errors_.push_back(std::move(after).error());
      }
      break;
    }
    container = *std::move(after);
    if (options_.follow && model::is_active(container.status) && !cancellation_.requested()) {
      std::unique_lock lock(mutex_);
      ended_.wait_for(lock, kRestartPause);
      continue;
    }
    if (options_.follow && !model::is_active(container.status) && callbacks_.exited) {
      const std::lock_guard lock(callback_mutex_);
      callbacks_.exited(container);
    }
    break;
  }
  const std::lock_guard lock(mutex_);
  reading_.erase(container.id);
  ended_.notify_all();
}

base::Result<model::ObservedContainer> LogFollower::read_once(const model::ObservedContainer& container,
                                                              engine_client::LogOptions& options) {
  const auto show = [&](const engine_client::LogLine& line) {
    const std::lock_guard lock(callback_mutex_);
    callbacks_.line(container, line);
    // Where to go on, should the log have to be opened again.
    options.since = line.time + std::chrono::nanoseconds(1);
    options.tail.reset();
    return !cancellation_.requested();
  };
  const auto catch_up = [this] {
    const std::lock_guard lock(callback_mutex_);
    callbacks_.caught_up();
  };
  const auto read = engine_.containers().logs(container.id, options, {show, catch_up}, cancellation_);
  catch_up();
  TRY(read);
  return engine_.containers().inspect(container.id);
}

void LogFollower::wait() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return reading_.empty(); });
}

bool LogFollower::all_ended() {
  const std::lock_guard lock(mutex_);
  return any_ && reading_.empty();
}

void LogFollower::stop() {
  cancellation_.request();
  ended_.notify_all();
  if (listener_.joinable()) listener_.join();
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

std::vector<base::Error> LogFollower::take_errors() {
  const std::lock_guard lock(mutex_);
  return std::exchange(errors_, {});
}

}  // namespace compose
