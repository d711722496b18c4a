// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ranges>
#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/plan/builder.h"
#include "compose/plan/lifecycle.h"
#include "compose/plan/project_containers.h"
#include "model/labels.h"

namespace compose::plan {
namespace {

std::string label_of(const std::map<std::string, std::string>& labels, std::string_view key) {
  const auto found = labels.find(std::string(key));
  return found == labels.end() ? std::string() : found->second;
}

/// Takes a project down: containers, then what they used. Lives for one call.
class DownPlanner {
 public:
  DownPlanner(const model::Project& project, const model::Observed& observed, const DownOptions& options)
      : project_(project),
        observed_(observed),
        options_(options),
        containers_(project, observed, ProjectContainers::OneOffs::Include) {}

  base::Result<Plan> run() {
    builder_.plan().failure_policy = FailurePolicy::GoOn;
    const auto services = TRY(containers_.select_with_dependents(options_.services));
    for (const std::string& name : std::views::reverse(services)) {
      for (const auto* container : containers_.of(name)) remove(*container, project_.services.at(name));
    }
    remove_hook_containers(services);
    if (options_.services.empty()) {
      if (options_.remove_orphans) remove_orphans();
      remove_networks();
      if (options_.volumes) remove_volumes();
    }
    if (options_.images != RemoveImages::No) remove_images(services);
    return builder_.take();
  }

 private:
  static constexpr const char* kCause = "the project is taken down";

  void remove(const model::ObservedContainer& container, const model::Service& service) {
    std::vector<StepId> after;
    for (const std::string& dependent : containers_.dependents_of(service.name)) {
      const auto& stops = stopped_[dependent];
      after.insert(after.end(), stops.begin(), stops.end());
    }
    const std::string group = container_group(container.name);
    StepId stopped = 0;
    if (model::is_active(container.status)) {
      if (container.status == model::ContainerStatus::Running && !is_one_off(container)) {
        for (const model::Hook& hook : service.pre_stop) {
          after = {builder_.add(RunHook{"pre_stop", ref_to(container), hook}, group, kCause, after)};
        }
      }
      stopped = builder_.add(StopContainer{ref_to(container), options_.timeout}, group, kCause, after);
      stopped_[service.name].push_back(stopped);
    }
    add_removal(container, group, kCause, stopped);
  }

  void add_removal(const model::ObservedContainer& container, const std::string& group, const char* cause,
                   StepId stopped) {
    removed_.insert(container.id);
    removals_.push_back(
        builder_.add(RemoveContainer{ref_to(container), options_.volumes, false}, group, cause, {stopped}));
  }

  void remove_hook_containers(const std::vector<std::string>& services) {
    const std::set<std::string> wanted(services.begin(), services.end());
    for (const auto& container : observed_.containers) {
      if (container.label(model::labels::kHook).empty() || !wanted.contains(service_of(container))) continue;
      removed_.insert(container.id);
      removals_.push_back(builder_.add(RemoveContainer{ref_to(container), true, true},
                                       container_group(container.name), "left over from a hook"));
    }
  }

  void remove_orphans() {
    for (const auto& container : observed_.containers) {
      if (!is_managed(container) || removed_.contains(container.id)) continue;
      const std::string service = service_of(container);
      const auto& disabled = project_.disabled_services;
      if (project_.services.contains(service) ||
          std::find(disabled.begin(), disabled.end(), service) != disabled.end()) {
        continue;
      }
      const std::string group = container_group(container.name);
      const StepId stopped =
          model::is_active(container.status)
              ? builder_.add(StopContainer{ref_to(container), options_.timeout}, group, "orphan")
              : 0;
      add_removal(container, group, "orphan", stopped);
    }
  }

  void remove_networks() {
    for (const auto& network : observed_.networks) {
      if (label_of(network.labels, model::labels::kProject) != project_.name) continue;
      std::vector<std::string> users;
      for (const auto& container : observed_.containers) {
        if (removed_.contains(container.id)) continue;
        const bool attached = std::any_of(container.endpoints.begin(), container.endpoints.end(),
                                          [&](const auto& e) { return e.network_id == network.id; });
        if (attached) users.push_back(container.name);
      }
      if (!users.empty()) {
        builder_.plan().warnings.push_back(base::make_error(
            base::ErrorClass::Conflict, fmt::format("Network {} Resource is still in use (by {})",
                                                    network.name, base::join(users, ", "))));
        continue;
      }
      builder_.add(RemoveNetwork{network.name, network.id, true}, "Network " + network.name, kCause,
                   removals_);
    }
  }

  void remove_volumes() {
    for (const auto& volume : observed_.volumes) {
      if (label_of(volume.labels, model::labels::kProject) != project_.name) continue;
      const auto declared = project_.volumes.find(label_of(volume.labels, model::labels::kVolume));
      if (declared == project_.volumes.end() || declared->second.external) continue;
      builder_.add(RemoveVolume{volume.name, true}, "Volume " + volume.name, "removing volumes was asked for",
                   removals_);
    }
  }

  void remove_images(const std::vector<std::string>& services) {
    std::set<std::string> done;
    for (const std::string& name : services) {
      const model::Service& service = project_.services.at(name);
      if (options_.images == RemoveImages::Local && !service.image.empty()) continue;
      const std::string image = image_name(project_, service, options_.separator);
      if (!observed_.images.contains(image) || !done.insert(image).second) continue;
      builder_.add(RemoveImage{image, true}, "Image " + image, "removing images was asked for", removals_);
    }
  }

  const model::Project& project_;
  const model::Observed& observed_;
  const DownOptions& options_;
  const ProjectContainers containers_;
  PlanBuilder builder_;
  std::map<std::string, std::vector<StepId>> stopped_;
  std::vector<StepId> removals_;
  std::set<std::string> removed_;
};

}  // namespace

base::Result<Plan> plan_down(const model::Project& project, const model::Observed& observed,
                             const DownOptions& options) {
  return DownPlanner(project, observed, options).run();
}

base::Result<Plan> plan_remove_stopped(const model::Project& project, const model::Observed& observed,
                                       const RemoveStoppedOptions& options) {
  const ProjectContainers containers(project, observed, ProjectContainers::OneOffs::Include);
  PlanBuilder builder;
  builder.plan().failure_policy = FailurePolicy::GoOn;
  std::vector<std::string> names;
  const auto services = TRY(containers.select(options.services));
  for (const std::string& name : std::views::reverse(services)) {
    for (const auto* container : containers.of(name)) {
      if (model::is_active(container->status) && !options.stop) continue;
      const std::string group = container_group(container->name);
      const char* cause = "removing was asked for";
      const StepId stopped = model::is_active(container->status)
                                 ? builder.add(StopContainer{ref_to(*container), std::nullopt}, group, cause)
                                 : 0;
      builder.add(RemoveContainer{ref_to(*container), options.volumes, false}, group, cause, {stopped});
      names.push_back(container->name);
    }
  }
  std::sort(names.begin(), names.end());
  if (!names.empty()) {
    builder.plan().confirmations.push_back(
        {"rm", fmt::format("Going to remove {}", base::join(names, ", "))});
  }
  return builder.take();
}

base::Result<model::Project> project_from_labels(const std::string& name, const model::Observed& observed) {
  model::Project project;
  project.name = name;
  std::map<std::string, int> replicas;
  for (const auto& container : observed.containers) {
    if (!is_managed(container)) continue;
    model::Service& service = project.services[service_of(container)];
    service.name = service_of(container);
    if (is_one_off(container)) continue;
    service.image = container.image;
    service.scale = ++replicas[service.name];
    service.depends_on.merge(parse_depends_on(container.label(model::labels::kDependsOn)));
    if (project.working_dir.empty()) project.working_dir = container.label(model::labels::kWorkingDir);
  }
  for (const auto& network : observed.networks) {
    const std::string key = label_of(network.labels, model::labels::kNetwork);
    if (key.empty() || label_of(network.labels, model::labels::kProject) != name) continue;
    project.networks[key].key = key;
    project.networks[key].spec.name = network.name;
  }
  for (const auto& volume : observed.volumes) {
    const std::string key = label_of(volume.labels, model::labels::kVolume);
    if (key.empty() || label_of(volume.labels, model::labels::kProject) != name) continue;
    project.volumes[key].key = key;
    project.volumes[key].spec.name = volume.name;
  }
  if (project.services.empty() && project.networks.empty() && project.volumes.empty()) {
    return base::fail(base::ErrorClass::NotFound, fmt::format("no resources found for project \"{}\"", name));
  }
  return project;
}

}  // namespace compose::plan
