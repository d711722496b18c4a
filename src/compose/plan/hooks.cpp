// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/hooks.h"

#include <fmt/format.h>

#include "compose/plan/container_spec.h"
#include "model/labels.h"

namespace compose::plan {
namespace {

namespace labels = model::labels;

/// The service's own spec with what makes it a replica taken away and the hook's settings laid over.
model::ContainerSpec make_hook_spec(model::ContainerSpec spec, const model::Service& service,
                                    const model::Hook& hook) {
  for (const std::string_view key : {labels::kConfigHash, labels::kContainerNumber, labels::kImage}) {
    spec.labels.erase(std::string(key));
  }
  spec.labels.insert_or_assign(std::string(labels::kHook), "pre_start");
  spec.restart = {};
  spec.ports.clear();
  spec.health_check = model::HealthCheck{.test = {"NONE"},
                                         .interval = {},
                                         .timeout = {},
                                         .start_period = {},
                                         .start_interval = {},
                                         .retries = {}};
  for (model::EndpointSpec& endpoint : spec.endpoints) {
    endpoint.aliases.clear();
    endpoint.ipv4_address.clear();
    endpoint.ipv6_address.clear();
  }
  // The first replica's mounts are shared, anonymous volumes included.
  std::erase_if(spec.mounts, [](const auto& mount) { return mount.type != model::MountType::Tmpfs; });
  if (!hook.image.empty()) {
    spec.image = hook.image;
    if (hook.image != service.image) spec.entrypoint = std::nullopt;
  }
  if (hook.command) spec.command = hook.command;
  if (!hook.user.empty()) spec.user = hook.user;
  if (!hook.working_dir.empty()) spec.working_dir = hook.working_dir;
  spec.privileged = spec.privileged || hook.privileged;
  for (const auto& [key, value] : hook.environment) {
    spec.environment.push_back(value ? fmt::format("{}={}", key, *value) : key);
  }
  return spec;
}

}  // namespace

base::Result<StepId> add_pre_start_hooks(PlanBuilder& builder, const model::Service& service,
                                         const HookContext& context) {
  std::vector<StepId> after = context.after;
  for (const auto& container : context.observed.containers) {
    if (service_of(container) != service.name || container.label(labels::kHook).empty()) continue;
    after.push_back(builder.add(RemoveContainer{{container.id, 0, container.name}, true, true},
                                container_group(container.name), "left over from an earlier hook"));
  }
  SpecRequest request;
  request.separator = context.options.separator;
  request.version = context.options.version;
  StepId last = 0;
  int position = 0;
  for (const model::Hook& hook : service.pre_start) {
    model::ContainerSpec spec =
        make_hook_spec(TRY(make_container_spec(context.project, service, request)), service, hook);
    const char separator = context.options.separator;
    spec.name = fmt::format("{}{}{}{}pre_start{}{}", context.project.name, separator, service.name, separator,
                            separator, ++position);
    const std::string name = spec.name, group = container_group(name);
    CreateContainer create{service.name, 0, std::move(spec), {}};
    create.shared.push_back({SharedPart::Volumes, context.first_replica, false});
    const StepId created = builder.add(std::move(create), group, "pre_start hook", after);
    const ContainerRef ref{"", created, name};
    const StepId started = builder.add(StartContainer{ref}, group, "created", {created});
    WaitFor wait{service.name, WaitCondition::CompletedSuccessfully, {ref}, std::nullopt};
    const StepId waited = builder.add(std::move(wait), group, "pre_start hook", {started});
    last = builder.add(RemoveContainer{ref, true, false}, group, "it has done its work", {waited});
    after = {last};
  }
  return last;
}

}  // namespace compose::plan
