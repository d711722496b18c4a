// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/lifecycle.h"

#include <algorithm>
#include <ranges>
#include <set>

#include <fmt/format.h>

#include "compose/plan/builder.h"
#include "compose/plan/project_containers.h"
#include "model/labels.h"

namespace compose::plan {
namespace {

using OneOffs = ProjectContainers::OneOffs;

/// Last steps of each service, for others to wait for.
using LastSteps = std::map<std::string, std::vector<StepId>>;

void append(std::vector<StepId>& to, const LastSteps& from, const std::string& service) {
  const auto found = from.find(service);
  if (found != from.end()) to.insert(to.end(), found->second.begin(), found->second.end());
}

/// Stops what runs of one service: hooks, then the container.
void add_stops(PlanBuilder& builder, const model::Service& service, const ProjectContainers& containers,
               const std::optional<base::Duration>& timeout, const std::string& cause, LastSteps& stopped) {
  std::vector<StepId> after;
  for (const std::string& dependent : containers.dependents_of(service.name))
    append(after, stopped, dependent);
  for (const auto* container : containers.of(service.name)) {
    if (!model::is_active(container->status)) continue;
    std::vector<StepId> before = after;
    if (container->status == model::ContainerStatus::Running) {
      for (const model::Hook& hook : service.pre_stop) {
        before = {builder.add(RunHook{"pre_stop", ref_to(*container), hook}, container_group(container->name),
                              cause, before)};
      }
    }
    stopped[service.name].push_back(builder.add(StopContainer{ref_to(*container), timeout},
                                                container_group(container->name), cause, std::move(before)));
  }
  if (!stopped.contains(service.name)) stopped[service.name] = after;
}

/// Starts `containers` of one service once what it depends on is as it should be.
class Starter {
 public:
  Starter(PlanBuilder& builder, const model::Project& project, const ProjectContainers& containers,
          const LifecycleOptions& options)
      : builder_(builder), project_(project), containers_(containers), options_(options) {}

  void start(const model::Service& service, const std::string& cause, const LastSteps& stopped) {
    std::vector<StepId> after = conditions_of(service);
    append(after, stopped, service.name);
    for (const auto* container : containers_.of(service.name)) {
      const std::string group = container_group(container->name);
      const bool stops = stopped.contains(service.name) && model::is_active(container->status);
      if (container->status == model::ContainerStatus::Running && !stops) continue;
      const ContainerRef ref = ref_to(*container);
      StepId last = container->status == model::ContainerStatus::Paused && !stops
                        ? builder_.add(UnpauseContainer{ref}, group, cause, after)
                        : builder_.add(StartContainer{ref}, group, cause, after);
      for (const model::Hook& hook : service.post_start) {
        last = builder_.add(RunHook{"post_start", ref, hook}, group, "started", {last});
      }
      started_[service.name].push_back(last);
    }
  }

  void wait(const std::string& service, WaitCondition condition, const std::string& cause,
            OnFailure failure) {
    WaitFor call{service, condition, {}, options_.wait ? options_.wait_timeout : std::nullopt};
    for (const auto* container : containers_.of(service)) call.containers.push_back(ref_to(*container));
    std::vector<StepId> after;
    append(after, started_, service);
    // Nothing of it is started here: what it is now was good enough before.
    if (call.containers.empty() || (after.empty() && !options_.wait)) return;
    const std::string group =
        call.containers.size() == 1 ? container_group(call.containers.front().name) : "Service " + service;
    StepId& id = waits_[{service, condition}];
    if (id != 0) return;
    id = builder_.add(std::move(call), group, cause, std::move(after));
    builder_.step(id).on_failure = failure;
  }

 private:
  std::vector<StepId> conditions_of(const model::Service& service) {
    std::vector<StepId> out;
    for (const auto& [dependency, how] : service.depends_on) {
      if (!project_.services.contains(dependency)) continue;
      if (how.condition == model::DependencyCondition::Started) {
        append(out, started_, dependency);
        continue;
      }
      const WaitCondition condition = how.condition == model::DependencyCondition::Healthy
                                          ? WaitCondition::Healthy
                                          : WaitCondition::CompletedSuccessfully;
      wait(dependency, condition, fmt::format("service {} depends on it", service.name),
           how.required ? OnFailure::Stop : OnFailure::Warn);
      out.push_back(waits_[{dependency, condition}]);
    }
    return out;
  }

  PlanBuilder& builder_;
  const model::Project& project_;
  const ProjectContainers& containers_;
  const LifecycleOptions& options_;
  LastSteps started_;
  std::map<std::pair<std::string, WaitCondition>, StepId> waits_;
};

/// `named` with everything they depend on, in dependency order.
std::vector<std::string> with_dependencies(const model::Project& project, const ProjectContainers& containers,
                                           const std::vector<std::string>& named) {
  std::set<std::string> wanted(named.begin(), named.end());
  for (const std::string& name : std::views::reverse(containers.order())) {
    if (!wanted.contains(name)) continue;
    for (const auto& [dependency, how] : project.services.at(name).depends_on) wanted.insert(dependency);
  }
  std::vector<std::string> out;
  for (const std::string& name : containers.order()) {
    if (wanted.contains(name)) out.push_back(name);
  }
  return out;
}

}  // namespace

base::Result<Plan> plan_stop(const model::Project& project, const model::Observed& observed,
                             const LifecycleOptions& options) {
  const ProjectContainers containers(project, observed, OneOffs::Exclude);
  PlanBuilder builder;
  builder.plan().failure_policy = FailurePolicy::GoOn;
  LastSteps stopped;
  const auto services = TRY(containers.select(options.services));
  for (const std::string& name : std::views::reverse(services)) {
    add_stops(builder, project.services.at(name), containers, options.timeout, "stopping was asked for",
              stopped);
  }
  return builder.take();
}

base::Result<Plan> plan_start(const model::Project& project, const model::Observed& observed,
                              const LifecycleOptions& options) {
  const ProjectContainers containers(project, observed, OneOffs::Exclude);
  PlanBuilder builder;
  const auto named = TRY(containers.select(options.services));
  for (const std::string& name : named) {
    const model::Service& service = project.services.at(name);
    if (service.scale == 0 || service.provider || !containers.of(name).empty()) continue;
    return base::fail(base::make_error(base::ErrorClass::NotFound,
                                       fmt::format("service \"{}\" has no container to start", name))
                          .with_hint("`up` creates it"));
  }
  Starter starter(builder, project, containers, options);
  const auto services = options.no_dependencies ? named : with_dependencies(project, containers, named);
  for (const std::string& name : services) {
    starter.start(project.services.at(name), "starting was asked for", {});
  }
  if (options.wait) {
    for (const std::string& name : services) {
      starter.wait(name, WaitCondition::RunningOrHealthy, "waiting was asked for", OnFailure::Stop);
    }
  }
  return builder.take();
}

base::Result<Plan> plan_restart(const model::Project& project, const model::Observed& observed,
                                const LifecycleOptions& options) {
  const ProjectContainers containers(project, observed, OneOffs::Exclude);
  PlanBuilder builder;
  std::set<std::string> wanted;
  for (const std::string& name : TRY(containers.select(options.services))) wanted.insert(name);
  for (const std::string& name : containers.order()) {
    if (options.no_dependencies) break;
    for (const auto& [dependency, how] : project.services.at(name).depends_on) {
      if (how.restart && wanted.contains(dependency)) wanted.insert(name);
    }
  }
  LastSteps stopped;
  for (const std::string& name : std::views::reverse(containers.order())) {
    if (!wanted.contains(name)) continue;
    add_stops(builder, project.services.at(name), containers, options.timeout, "restarting was asked for",
              stopped);
  }
  Starter starter(builder, project, containers, options);
  for (const std::string& name : containers.order()) {
    if (wanted.contains(name)) starter.start(project.services.at(name), "restarting was asked for", stopped);
  }
  return builder.take();
}

base::Result<Plan> plan_kill(const model::Project& project, const model::Observed& observed,
                             const std::vector<std::string>& services, const std::string& signal,
                             bool remove_orphans) {
  const ProjectContainers containers(project, observed, OneOffs::Include);
  PlanBuilder builder;
  builder.plan().failure_policy = FailurePolicy::GoOn;
  std::vector<const model::ObservedContainer*> wanted;
  for (const std::string& name : TRY(containers.select(services))) {
    wanted.insert(wanted.end(), containers.of(name).begin(), containers.of(name).end());
  }
  if (remove_orphans) {
    for (const auto& container : observed.containers) {
      const std::string service = container.label(model::labels::kService);
      if (!project.services.contains(service) && !service.empty()) wanted.push_back(&container);
    }
  }
  for (const auto* container : wanted) {
    if (!model::is_active(container->status)) continue;
    builder.add(KillContainer{ref_to(*container), signal}, container_group(container->name),
                "killing was asked for");
  }
  return builder.take();
}

base::Result<Plan> plan_pause(const model::Project& project, const model::Observed& observed,
                              const std::vector<std::string>& services) {
  const ProjectContainers containers(project, observed, OneOffs::Exclude);
  PlanBuilder builder;
  for (const std::string& name : TRY(containers.select(services))) {
    for (const auto* container : containers.of(name)) {
      if (container->status != model::ContainerStatus::Running) continue;
      builder.add(PauseContainer{ref_to(*container)}, container_group(container->name),
                  "pausing was asked for");
    }
  }
  return builder.take();
}

base::Result<Plan> plan_unpause(const model::Project& project, const model::Observed& observed,
                                const std::vector<std::string>& services) {
  const ProjectContainers containers(project, observed, OneOffs::Exclude);
  PlanBuilder builder;
  for (const std::string& name : TRY(containers.select(services))) {
    for (const auto* container : containers.of(name)) {
      if (container->status != model::ContainerStatus::Paused) continue;
      builder.add(UnpauseContainer{ref_to(*container)}, container_group(container->name),
                  "unpausing was asked for");
    }
  }
  return builder.take();
}

}  // namespace compose::plan
