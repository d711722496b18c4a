// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "compose/plan/hooks.h"
#include "compose/plan/reconciler.h"

namespace compose::plan {
namespace {

WaitCondition wait_condition(model::DependencyCondition condition) {
  return condition == model::DependencyCondition::Healthy ? WaitCondition::Healthy
                                                          : WaitCondition::CompletedSuccessfully;
}

bool is_disabled(const std::optional<model::HealthCheck>& check) {
  return check && !check->test.empty() && check->test.front() == "NONE";
}

}  // namespace

void Reconciler::write_starts() {
  for (const std::string& name : order_) {
    ServiceState& state = services_.at(name);
    const bool starts = std::any_of(state.replicas.begin(), state.replicas.end(),
                                    [](const Replica& r) { return r.start && r.fate != Fate::Remove; });
    std::vector<StepId> after;
    if (starts) {
      after = conditions_of(*state.service);
      const StepId hooks = write_pre_start(state, after);
      if (hooks != 0) after = {hooks};
    }
    for (Replica& replica : state.replicas) {
      if (replica.fate == Fate::Remove) continue;
      if (replica.start) {
        write_start(*state.service, replica, after);
      } else if (replica.fate == Fate::Keep && options_.start) {
        builder_.plan().unchanged.push_back(replica.name);
      }
    }
  }
}

void Reconciler::write_start(const model::Service& service, Replica& replica, std::vector<StepId> after) {
  const std::string group = container_group(replica.name);
  // A replaced container was stopped before its successor got ready.
  after.insert(after.end(), {replica.ready, replica.fate == Fate::Replace ? StepId{0} : replica.stopped});
  const bool paused = replica.fate == Fate::Keep && !replica.stop &&
                      replica.existing->status == model::ContainerStatus::Paused;
  if (paused) {
    replica.started =
        builder_.add(UnpauseContainer{replica.ref}, group, replica.start_cause, std::move(after));
    return;
  }
  replica.started = builder_.add(StartContainer{replica.ref}, group, replica.start_cause, std::move(after));
  for (const model::Hook& hook : service.post_start) {
    replica.started =
        builder_.add(RunHook{"post_start", replica.ref, hook}, group, "started", {replica.started});
  }
}

/// Hooks run once, before the first replica of a service that has none running.
StepId Reconciler::write_pre_start(const ServiceState& state, const std::vector<StepId>& after) {
  const model::Service& service = *state.service;
  if (service.pre_start.empty()) return 0;
  const Replica* first = nullptr;
  for (const Replica& replica : state.replicas) {
    const bool stays_running = replica.fate == Fate::Keep && !replica.start;
    if (stays_running) return 0;
    if (first == nullptr && replica.fate != Fate::Remove) first = &replica;
  }
  if (first == nullptr) return 0;
  HookContext context{project_, observed_, options_, first->ref, after};
  context.after.push_back(first->ready);
  auto last = add_pre_start_hooks(builder_, service, context);
  if (last) return *last;
  diagnostics_.error(std::move(last).error());
  return 0;
}

std::vector<StepId> Reconciler::conditions_of(const model::Service& service) {
  std::vector<StepId> out;
  for (const auto& [dependency, how] : service.depends_on) {
    const ServiceState* state = find_state(dependency);
    if (state == nullptr) continue;
    if (how.condition == model::DependencyCondition::Started) {
      for (const Replica& replica : state->replicas) out.push_back(replica.started);
      continue;
    }
    if (how.condition == model::DependencyCondition::Healthy && lacks_health_check(*state->service)) {
      diagnostics_.error(
          base::make_error(base::ErrorClass::Invalid,
                           fmt::format("service \"{}\" waits for \"{}\" to be healthy, which has no "
                                       "health check",
                                       service.name, dependency))
              .at(state->service->span));
      continue;
    }
    out.push_back(write_wait(dependency, wait_condition(how.condition), how.required,
                             fmt::format("service {} depends on it", service.name)));
  }
  return out;
}

/// False also when that cannot be known before the image is there.
bool Reconciler::lacks_health_check(const model::Service& service) const {
  if (is_disabled(service.health_check)) return true;
  if (service.health_check && !service.health_check->test.empty()) return false;
  const auto image = observed_.images.find(image_name(project_, service, options_.separator));
  return image != observed_.images.end() &&
         (!image->second.health_check || is_disabled(image->second.health_check));
}

bool Reconciler::is_satisfied(const ServiceState& state, WaitCondition condition) const {
  return std::all_of(state.replicas.begin(), state.replicas.end(), [&](const Replica& replica) {
    if (replica.fate == Fate::Remove) return true;
    if (replica.fate != Fate::Keep || replica.start || replica.stop) return false;
    const model::ObservedContainer& container = *replica.existing;
    const bool running = container.status == model::ContainerStatus::Running;
    switch (condition) {
      case WaitCondition::Healthy: return running && container.health == model::Health::Healthy;
      case WaitCondition::CompletedSuccessfully:
        return container.status == model::ContainerStatus::Exited && container.exit_code == 0;
      case WaitCondition::RunningOrHealthy:
        return running &&
               (container.health == model::Health::Healthy || container.health == model::Health::None);
    }
    return false;
  });
}

StepId Reconciler::write_wait(const std::string& name, WaitCondition condition, bool required,
                              const std::string& cause) {
  const auto known = waits_.find({name, condition});
  if (known != waits_.end()) {
    if (required && known->second != 0) builder_.step(known->second).on_failure = OnFailure::Stop;
    return known->second;
  }
  const ServiceState& state = services_.at(name);
  WaitFor call;
  call.service = name;
  call.condition = condition;
  if (options_.wait) call.timeout = options_.wait_timeout;
  std::vector<StepId> after;
  for (const Replica& replica : state.replicas) {
    if (replica.fate == Fate::Remove) continue;
    call.containers.push_back(replica.ref);
    after.push_back(replica.started);
  }
  StepId& id = waits_[{name, condition}];
  if (call.containers.empty() || is_satisfied(state, condition)) return id = 0;
  std::string group =
      call.containers.size() == 1 ? container_group(call.containers.front().name) : "Service " + name;
  id = builder_.add(std::move(call), std::move(group), cause, std::move(after));
  if (!required) builder_.step(id).on_failure = OnFailure::Warn;
  return id;
}

void Reconciler::write_final_waits() {
  if (!options_.wait || !options_.start) return;
  for (const std::string& name : order_) {
    WaitCondition condition = WaitCondition::RunningOrHealthy;
    for (const std::string& dependent : dependents_[name]) {
      if (project_.services.at(dependent).depends_on.at(name).condition ==
          model::DependencyCondition::CompletedSuccessfully) {
        condition = WaitCondition::CompletedSuccessfully;
      }
    }
    write_wait(name, condition, true, "waiting was asked for");
  }
}

}  // namespace compose::plan
