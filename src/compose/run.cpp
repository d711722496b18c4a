// SPDX-License-Identifier: Apache-2.0
#include "compose/run.h"

#include <fmt/format.h>

#include "base/split.h"
#include "compose/images.h"
#include "compose/observe.h"
#include "compose/plan/builder.h"
#include "compose/plan/container_spec.h"
#include "compose/plan/reconcile.h"
#include "compose/refusals.h"

namespace compose {
namespace {

/// The service as this run wants it.
model::Service with_overrides(model::Service service, const model::Project& project,
                              const RunOptions& options) {
  if (options.entrypoint) {
    service.entrypoint = options.entrypoint;
    service.command = std::vector<std::string>{};
  }
  if (!options.command.empty()) service.command = options.command;
  for (const std::string& entry : options.environment) {
    const auto [key, value] = base::split_once(entry, '=');
    if (entry.find('=') != std::string::npos) {
      service.environment.insert_or_assign(std::string(key), std::string(value));
    } else if (const auto found = project.environment.find(entry); found != project.environment.end()) {
      service.environment.insert_or_assign(entry, found->second);
    }
  }
  for (const auto& [key, value] : options.labels) service.labels.insert_or_assign(key, value);
  service.cap_add.insert(service.cap_add.end(), options.cap_add.begin(), options.cap_add.end());
  service.cap_drop.insert(service.cap_drop.end(), options.cap_drop.begin(), options.cap_drop.end());
  if (!options.service_ports) service.ports.clear();
  service.ports.insert(service.ports.end(), options.ports.begin(), options.ports.end());
  service.mounts.insert(service.mounts.end(), options.mounts.begin(), options.mounts.end());
  if (!options.user.empty()) service.user = options.user;
  if (!options.working_dir.empty()) service.working_dir = options.working_dir;
  service.tty = options.tty;
  service.stdin_open = options.interactive && !options.detach;
  return service;
}

/// The project with the dependencies of the service alone, or without any service.
model::Project dependencies_of(const model::Project& project, const RunOptions& options) {
  model::Project out = project;
  out.services.clear();
  out.disabled_services.clear();
  for (const auto& [name, service] : project.services) out.disabled_services.push_back(name);
  out.disabled_services.insert(out.disabled_services.end(), project.disabled_services.begin(),
                               project.disabled_services.end());
  if (options.no_dependencies) return out;
  std::vector<std::string> wanted;
  const auto want = [&](const model::Service& service) {
    for (const auto& [name, how] : service.depends_on) wanted.push_back(name);
  };
  want(project.services.at(options.service));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto found = project.services.find(wanted[i]);
    if (found == project.services.end() || !out.services.emplace(found->first, found->second).second)
      continue;
    want(found->second);
  }
  return out;
}

/// Waits for what the service's dependencies must be, for containers that are there.
void add_waits(plan::PlanBuilder& builder, const model::Service& service, const model::Observed& observed,
               std::vector<plan::StepId>& after) {
  for (const auto& [dependency, how] : service.depends_on) {
    if (how.condition == model::DependencyCondition::Started) continue;
    plan::WaitFor wait;
    wait.service = dependency;
    wait.condition = how.condition == model::DependencyCondition::Healthy
                         ? plan::WaitCondition::Healthy
                         : plan::WaitCondition::CompletedSuccessfully;
    for (const auto& container : observed.containers) {
      if (plan::service_of(container) != dependency || plan::is_one_off(container)) continue;
      wait.containers.push_back({container.id, 0, container.name});
    }
    if (wait.containers.empty()) continue;
    const std::string group = wait.containers.size() == 1
                                  ? plan::container_group(wait.containers.front().name)
                                  : "Service " + dependency;
    const auto id =
        builder.add(std::move(wait), group, fmt::format("service {} depends on it", service.name));
    if (!how.required) builder.step(id).on_failure = plan::OnFailure::Warn;
    after.push_back(id);
  }
}

base::Result<plan::Plan> plan_creation(const model::Project& project, const model::Service& service,
                                       const model::Observed& observed, const RunOptions& options) {
  plan::SpecRequest request;
  request.slug = options.slug;
  request.separator = options.up.reconcile.separator;
  request.version = options.up.reconcile.version;
  const auto image = observed.images.find(plan::image_name(project, service, request.separator));
  if (image != observed.images.end()) request.image_id = image->second.id;
  plan::CreateContainer call{service.name, 0, TRY(plan::make_container_spec(project, service, request)), {}};
  if (!options.name.empty()) call.spec.name = options.name;
  call.spec.attach = !options.detach;
  if (options.use_aliases) {
    for (model::EndpointSpec& endpoint : call.spec.endpoints) endpoint.aliases.push_back(service.name);
  }
  plan::PlanBuilder builder;
  std::vector<plan::StepId> after;
  for (const plan::SharedService& shared : plan::shared_services(service)) {
    for (const auto& container : observed.containers) {
      if (plan::service_of(container) != shared.service || plan::is_one_off(container)) continue;
      call.shared.push_back({shared.part, {container.id, 0, container.name}, shared.read_only});
      break;
    }
  }
  if (!options.no_dependencies) add_waits(builder, service, observed, after);
  const std::string name = call.spec.name;
  const auto created =
      builder.add(std::move(call), plan::container_group(name), "running was asked for", after);
  if (options.detach) {
    builder.add(plan::StartContainer{{"", created, name}}, plan::container_group(name), "created", {created});
  }
  return builder.take();
}

base::Result<> carry_out_one(Session& session, plan::EngineCall call, const std::string& name,
                             const char* cause) {
  plan::PlanBuilder builder;
  builder.add(std::move(call), plan::container_group(name), cause);
  TRY(carry_out(builder.take(), session));
  return {};
}

base::Result<int> attach_and_wait(Session& session, const std::string& id, const std::string& name,
                                  const engine_client::TerminalStreams& streams) {
  auto& containers = session.engine.containers();
  TRY(containers.attach(
      id, streams,
      [&] {
        return carry_out_one(session, plan::StartContainer{{id, 0, name}}, name, "created");
      },
      session.cancellation));
  return containers.wait(id, session.cancellation);
}

}  // namespace

base::Result<> forward_signal(Session& session, const std::string& container, const std::string& signal) {
  auto sent = carry_out_one(session, plan::KillContainer{{container, 0, container}, signal}, container,
                            "the user interrupted");
  if (!sent && sent.error().error_class != base::ErrorClass::Conflict) return sent;
  return {};
}

base::Result<int> run(Session& session, const model::Project& project, const RunOptions& options,
                      const OnCreated& on_created) {
  const auto found = project.services.find(options.service);
  if (found == project.services.end()) {
    return base::fail(base::ErrorClass::NotFound, fmt::format("no such service: {}", options.service));
  }
  const model::Service service = with_overrides(found->second, project, options);
  model::Project alone = project;
  std::erase_if(alone.services, [&](const auto& entry) { return entry.first != options.service; });
  model::Observed observed = TRY(observe(session.engine, alone, options.up.reconcile.separator));
  plan::ImageOptions image_options = options.up.images;
  if (image_options.whole == nullptr) image_options.whole = &project;
  const plan::Plan images = TRY(plan_needed_images(session.engine, alone, observed, image_options));
  TRY(carry_out(images, session));
  // Networks and volumes of the service come with its dependencies.
  TRY(up(session, dependencies_of(project, options), options.up));
  observed = TRY(observe(session.engine, alone, options.up.reconcile.separator));
  const plan::Plan plan = TRY(plan_creation(project, service, observed, options));
  TRY(check_creations(session.engine, project, plan));
  const execute::Outcome outcome = TRY(carry_out(plan, session));
  if (session.dry_run) return 0;
  const std::string id = outcome.containers.begin()->second;
  const std::string name = plan::object(plan.steps.back().call);
  const engine_client::TerminalStreams streams = TRY(on_created(id));
  if (options.detach) return 0;
  auto code = attach_and_wait(session, id, name, streams);
  if (options.remove) {
    // Also after an interruption: that is what --rm promises.
    session.cancellation = base::Cancellation();
    TRY(carry_out_one(session, plan::RemoveContainer{{id, 0, name}, true, true}, name, "--rm"));
  }
  return code;
}

}  // namespace compose
