// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compose/execute/condition.h"
#include "compose/execute/executor.h"

namespace compose::execute {
namespace {

// Events tell at once. What happened between the look at a container and the subscription would never be
// told, so everything is looked at once more soon after, and then now and then.
constexpr auto kFirstReinspection = std::chrono::milliseconds(50);
constexpr auto kReinspection = std::chrono::seconds(1);

}  // namespace

void Executor::look_after_waits(Lock& lock) {
  news_ = false;
  if (waits_.empty()) return;
  const auto now = Clock::now();
  const bool inspect_all = listener_.joinable() && now >= next_inspection_;
  if (inspect_all) next_inspection_ = now + kReinspection;
  for (const PendingWait& wait : std::vector<PendingWait>(waits_)) {
    look_at(lock, wait, inspect_all || !wait.looked_at);
    if (stopping_) return;
  }
  if (waits_.empty() || listener_.joinable()) return;
  next_inspection_ = Clock::now() + kFirstReinspection;
  listener_ = std::thread([this] { listen(); });
}

void Executor::look_at(Lock& lock, PendingWait wait, bool inspect) {
  const auto& call = std::get<plan::WaitFor>(step(wait.id).call);
  std::vector<std::string> ids;
  for (const plan::ContainerRef& ref : call.containers) {
    ids.push_back(ref.created_by == 0 ? ref.id : outcome_.containers[ref.created_by]);
  }
  std::vector<model::ObservedContainer> containers;
  base::Result<> found;
  if (inspect) {
    lock.unlock();
    for (const std::string& id : ids) {
      auto container = engine_.containers().inspect(id);
      if (!container) {
        found = base::fail(std::move(container).error());
        break;
      }
      containers.push_back(*std::move(container));
    }
    lock.lock();
    for (const auto& container : containers) heard_.insert_or_assign(container.id, container);
  } else {
    for (const std::string& id : ids) {
      if (const auto heard = heard_.find(id); heard != heard_.end()) containers.push_back(heard->second);
    }
  }
  const auto pending = std::find_if(waits_.begin(), waits_.end(),
                                    [&](const PendingWait& other) { return other.id == wait.id; });
  if (pending == waits_.end()) return;  // Given up meanwhile.
  pending->looked_at = true;
  if (found && containers.size() != ids.size()) return;
  base::Result<bool> met = found ? is_met(call, containers) : base::fail(std::move(found).error());
  if (met && !*met && pending->deadline && Clock::now() >= *pending->deadline) {
    met = base::fail(timeout_error(call));
  }
  if (met && !*met) return;
  waits_.erase(pending);
  settle(wait.id, met ? base::Result<CallResult>(CallResult{}) : base::fail(std::move(met).error()));
}

void Executor::listen() {
  const auto heard = engine_.containers().events(
      {},
      [this](const engine_client::ContainerEvent& event) {
        const Lock lock(mutex_);
        heard_.insert_or_assign(event.container.id, event.container);
        news_ = true;
        main_.notify_one();
        return !finished_;
      },
      listener_cancellation_);
  // Without events the waits still end: they are inspected every second.
  static_cast<void>(heard);
}

void Executor::stop_listening(Lock& lock) {
  listener_cancellation_.request();
  lock.unlock();
  if (listener_.joinable()) listener_.join();
  lock.lock();
}

}  // namespace compose::execute
