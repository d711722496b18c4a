// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <fmt/format.h>

#include "support/fake_engine_state.h"

namespace support {
namespace {

// How often a blocked call looks at its cancellation, which is only a flag.
constexpr auto kCancellationPeriod = std::chrono::milliseconds(5);

bool is_running(const FakeContainer& container) {
  return container.observed.status == model::ContainerStatus::Running ||
         container.observed.status == model::ContainerStatus::Paused;
}

}  // namespace

base::Result<int> FakeContainers::wait(const std::string& name, const base::Cancellation& cancellation) {
  std::unique_lock lock(world_.mutex);
  const std::string id = TRY(world_.need(name))->observed.id;
  int code = 0;
  while (true) {
    const FakeContainer* container = world_.find(id);
    if (container == nullptr) return code;
    code = container->observed.exit_code;
    if (!is_running(*container)) return code;
    if (cancellation.requested()) return base::fail(base::ErrorClass::Cancelled, "interrupted");
    world_.changed.wait_for(lock, kCancellationPeriod);
  }
}

base::Result<> FakeContainers::logs(const std::string& name, const engine_client::LogOptions& options,
                                    const engine_client::LogSink& sink,
                                    const base::Cancellation& cancellation) {
  std::unique_lock lock(world_.mutex);
  const std::string id = TRY(world_.need(name))->observed.id;
  const std::size_t lines = world_.find(id)->log.size();
  std::size_t next = options.tail && *options.tail < lines ? lines - *options.tail : 0;
  while (true) {
    const FakeContainer* container = world_.find(id);
    if (container == nullptr) return {};
    while (next < container->log.size()) {
      const std::string text = container->log[next++];
      lock.unlock();
      const bool more = sink.line({engine_client::StreamKind::Stdout, model::TimePoint{}, text});
      lock.lock();
      if (!more) return {};
      container = world_.find(id);
      if (container == nullptr) return {};
    }
    if (sink.caught_up) sink.caught_up();
    if (!options.follow || !is_running(*container) || cancellation.requested()) return {};
    world_.changed.wait_for(lock, kCancellationPeriod);
  }
}

base::Result<> FakeContainers::attach(const std::string& name, const engine_client::TerminalStreams&,
                                      const std::function<base::Result<>()>& started,
                                      const base::Cancellation& cancellation) {
  {
    FakeWorld::Lock lock(world_.mutex);
    TRY(world_.need(name));
  }
  if (started) TRY(started());
  TRY(wait(name, cancellation));
  return {};
}

base::Result<> FakeContainers::events(const engine_client::ContainerFilter& filter,
                                      const engine_client::EventSink& sink,
                                      const base::Cancellation& cancellation) {
  std::unique_lock lock(world_.mutex);
  std::size_t next = world_.events.size();
  while (!cancellation.requested()) {
    if (next == world_.events.size()) {
      world_.changed.wait_for(lock, kCancellationPeriod);
      continue;
    }
    const engine_client::ContainerEvent event = world_.events[next++];
    if (!matches(filter.labels, event.container.labels)) continue;
    lock.unlock();
    const bool more = sink(event);
    lock.lock();
    if (!more) return {};
  }
  return {};
}

base::Result<> FakeContainers::resize(const std::string& name, std::uint16_t, std::uint16_t) {
  FakeWorld::Lock lock(world_.mutex);
  TRY(world_.need(name));
  return {};
}

base::Result<int> FakeExec::run(const std::string& name, const engine_client::ExecSpec& spec,
                                const engine_client::TerminalStreams&, const base::Cancellation&) {
  FakeWorld::Lock lock(world_.mutex);
  FakeContainer& container = *TRY(world_.need(name));
  TRY(world_.count(fmt::format("exec {} {}", container.observed.name, fmt::join(spec.command, " "))));
  if (!is_running(container)) {
    return base::fail(base::ErrorClass::Conflict,
                      fmt::format("container {} is not running", container.observed.name));
  }
  return world_.exec_code;
}

}  // namespace support
