// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/container_events.h"

#include "model/labels.h"
#include "runtime/container/status_watch.h"
#include "runtime/engine/container_observe.h"

namespace runtime::engine {
namespace {

using engine_client::ContainerEventKind;

/// How often a cancellation is looked for while nothing happens.
constexpr std::chrono::milliseconds kCancellationCheck{50};

/// What changed between two looks at one container.
std::vector<ContainerEventKind> events_between(const model::ObservedContainer& before,
                                               const model::ObservedContainer& after) {
  using model::ContainerStatus;
  std::vector<ContainerEventKind> kinds;
  const bool started = after.started != before.started && after.started != model::TimePoint{};
  if (started) kinds.push_back(ContainerEventKind::Started);
  if (after.status == ContainerStatus::Paused && before.status != ContainerStatus::Paused) {
    kinds.push_back(ContainerEventKind::Paused);
  }
  if (after.status == ContainerStatus::Running && before.status == ContainerStatus::Paused) {
    kinds.push_back(ContainerEventKind::Unpaused);
  }
  if (after.health != before.health) kinds.push_back(ContainerEventKind::HealthChanged);
  const bool over = after.status == ContainerStatus::Exited || after.status == ContainerStatus::Restarting;
  if (over && (after.finished != before.finished || after.status != before.status)) {
    kinds.push_back(ContainerEventKind::Exited);
  }
  return kinds;
}

class EventSource {
 public:
  EventSource(Stores& stores, const std::map<std::string, std::string>& labels,
              const engine_client::EventSink& sink)
      : stores_(stores), labels_(labels), sink_(sink) {}

  base::Result<> remember_present() {
    for (model::ObservedContainer& seen : TRY(list_containers(stores_, labels_))) {
      known_.emplace(seen.id, std::move(seen));
    }
    return {};
  }

  /// Whether the sink wants more.
  base::Result<bool> report(const std::string& id) {
    const auto before = known_.find(id);
    const auto record = stores_.containers->find(id);
    if (!record) {
      if (record.error().error_class != base::ErrorClass::NotFound) return base::fail(record.error());
      if (before == known_.end()) return true;
      const model::ObservedContainer last = before->second;
      known_.erase(before);
      return sink_({ContainerEventKind::Removed, last});
    }
    if (!has_labels(record->spec.labels, labels_)) return true;
    const model::ObservedContainer now = TRY(observe_now(stores_, *record));
    const bool is_new = before == known_.end();
    if (is_new && !sink_({ContainerEventKind::Created, now})) return false;
    const auto kinds = events_between(is_new ? model::ObservedContainer{} : before->second, now);
    known_.insert_or_assign(id, now);
    for (const ContainerEventKind kind : kinds) {
      if (!sink_({kind, now})) return false;
    }
    return true;
  }

 private:
  Stores& stores_;
  const std::map<std::string, std::string>& labels_;
  const engine_client::EventSink& sink_;
  std::map<std::string, model::ObservedContainer> known_;
};

}  // namespace

bool has_labels(const std::map<std::string, std::string>& carried,
                const std::map<std::string, std::string>& asked) {
  for (const auto& [key, value] : asked) {
    const auto found = carried.find(key);
    if (found == carried.end() || (!value.empty() && found->second != value)) return false;
  }
  return true;
}

base::Result<std::vector<model::ObservedContainer>> list_containers(
    Stores& stores, const std::map<std::string, std::string>& labels) {
  const auto project = labels.find(std::string(model::labels::kProject));
  const auto records =
      TRY(stores.containers->list(project == labels.end() ? std::string() : project->second));
  std::vector<model::ObservedContainer> found;
  for (const ContainerRecord& record : records) {
    if (has_labels(record.spec.labels, labels)) found.push_back(TRY(observe_now(stores, record)));
  }
  return found;
}

base::Result<> watch_containers(Stores& stores, const std::map<std::string, std::string>& labels,
                                const engine_client::EventSink& sink,
                                const base::Cancellation& cancellation) {
  auto watch = TRY(container::StatusWatch::open(stores.roots.run));
  EventSource source(stores, labels, sink);
  TRY(source.remember_present());
  while (!cancellation.requested()) {
    for (const std::string& id : TRY(watch.wait(kCancellationCheck))) {
      if (!TRY(source.report(id))) return {};
    }
  }
  return base::fail(base::ErrorClass::Cancelled, "watching containers was cancelled");
}

}  // namespace runtime::engine
