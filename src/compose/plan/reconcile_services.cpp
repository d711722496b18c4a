// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/plan/project_containers.h"
#include "compose/plan/reconciler.h"
#include "model/labels.h"

namespace compose::plan {
namespace {

bool uses_volume(const model::ObservedContainer& container, const std::string& volume) {
  return std::any_of(container.mounts.begin(), container.mounts.end(),
                     [&](const auto& mount) { return mount.name == volume; });
}

bool uses_network(const model::ObservedContainer& container, const std::string& id) {
  return std::any_of(container.endpoints.begin(), container.endpoints.end(),
                     [&](const auto& endpoint) { return endpoint.network_id == id; });
}

}  // namespace

void Reconciler::decide_services() {
  for (const std::string& name : order_) decide_service(project_.services.at(name));
}

void Reconciler::decide_service(const model::Service& service) {
  ServiceState& state = services_[service.name];
  state.service = &service;
  if (service.provider) return;
  const auto scaled = options_.scale.find(service.name);
  const int wanted = scaled == options_.scale.end() ? service.scale : scaled->second;
  if (wanted > 1 && !service.container_name.empty()) {
    diagnostics_.error(
        base::make_error(base::ErrorClass::Invalid,
                         fmt::format("service \"{}\" has a container_name, so it cannot have {} "
                                     "replicas: their names would be the same",
                                     service.name, wanted))
            .at(service.span));
    return;
  }
  std::vector<const model::ObservedContainer*> existing;
  int highest = 0;
  if (const auto found = containers_.find(service.name); found != containers_.end()) existing = found->second;
  for (const auto* container : existing) highest = std::max(highest, number_of(*container));
  decide_surplus(state, existing, wanted);
  for (const auto* container : existing) state.replicas.push_back(decide_existing(service, *container));
  for (int have = static_cast<int>(existing.size()); have < wanted; ++have) {
    Replica replica;
    replica.fate = Fate::Create;
    replica.number = ++highest;
    replica.name = container_name(project_, service, replica.number, options_.separator);
    replica.cause = existing.empty() ? "no container yet" : fmt::format("scale is {}", wanted);
    replica.start = options_.start;
    replica.start_cause = "created";
    state.replicas.push_back(std::move(replica));
  }
  state.recreated = std::any_of(state.replicas.begin(), state.replicas.end(),
                                [](const Replica& replica) { return replica.fate == Fate::Replace; });
  if (wanted > 0) expect_image(service);
}

void Reconciler::expect_image(const model::Service& service) {
  const std::string image = image_name(project_, service, options_.separator);
  const auto state = services_.find(service.name);
  const bool makes_any =
      std::any_of(state->second.replicas.begin(), state->second.replicas.end(),
                  [](const Replica& r) { return r.fate == Fate::Create || r.fate == Fate::Replace; });
  if (!makes_any || observed_.images.contains(image) || options_.pending_images.contains(image)) return;
  diagnostics_.error(base::make_error(base::ErrorClass::NotFound, fmt::format("no such image: {}", image))
                         .at(service.span)
                         .while_doing(fmt::format("planning service \"{}\"", service.name)));
}

void Reconciler::expect_mounted_images(const model::Service& service, Expectation& expected) const {
  for (const model::MountSpec& mount : service.mounts) {
    if (mount.type != model::MountType::Image) continue;
    const std::string image = mounted_image(project_, mount, options_.separator);
    if (options_.pending_images.contains(image)) expected.mounted_image_pending = true;
    const auto found = observed_.images.find(image);
    if (found != observed_.images.end()) expected.mounted_images.emplace(mount.target, found->second.id);
  }
}

std::optional<std::string> Reconciler::replacement_cause(const model::Service& service,
                                                         const model::ObservedContainer& container) const {
  const Recreate policy = policy_of(service.name);
  if (policy == Recreate::Never) return std::nullopt;
  if (policy == Recreate::Force) return "recreation was asked for";
  const std::string image = image_name(project_, service, options_.separator);
  Expectation expected;
  expected.config_hash = service.config_hash;
  expected.image_pending = options_.pending_images.contains(image);
  if (const auto found = observed_.images.find(image); found != observed_.images.end()) {
    expected.image_id = found->second.id;
  }
  for (const auto& [key, attachment] : service.networks) {
    const auto found = networks_.find(key);
    if (found == networks_.end()) continue;
    // A network that is made anew is connected again, without a new container.
    if (found->second.remove_first && uses_network(container, found->second.id)) continue;
    expected.networks.emplace(found->second.name, found->second.id);
  }
  expect_mounted_images(service, expected);
  for (const model::MountSpec& mount : service.mounts) {
    const auto found = volumes_.find(mount.source);
    if (mount.type != model::MountType::Volume || found == volumes_.end()) continue;
    expected.volumes.push_back(found->second.name);
  }
  for (const SharedService& shared : shared_services(service)) {
    const ServiceState* donor = find_state(shared.service);
    if (donor != nullptr && donor->recreated) expected.recreated_donor = shared.service;
  }
  return divergence(expected, container);
}

/// Takes out of `existing` what is too much: leftovers with a number twice, then what must be replaced
/// anyway, then the highest numbers. What stays is in order of number.
void Reconciler::decide_surplus(ServiceState& state, std::vector<const model::ObservedContainer*>& existing,
                                int wanted) {
  const model::Service& service = *state.service;
  const auto rank = [&](const model::ObservedContainer& container) {
    const std::string name = container_name(project_, service, number_of(container), options_.separator);
    return std::tuple(replacement_cause(service, container).has_value(), container.name != name);
  };
  const auto remove = [&](const model::ObservedContainer* container, std::string cause, bool leftover) {
    Replica replica;
    replica.fate = Fate::Remove;
    replica.number = number_of(*container);
    replica.name = container->name;
    replica.existing = container;
    replica.stop = model::is_active(container->status);
    replica.cause = replica.stop_cause = std::move(cause);
    mark_users_of_remade_resources(replica);
    replica.early |= leftover;
    replica.remove_early |= leftover;
    state.replicas.push_back(std::move(replica));
  };
  std::stable_sort(existing.begin(), existing.end(), [&](const auto* a, const auto* b) {
    return std::tuple_cat(std::tuple(number_of(*a)), rank(*a)) <
           std::tuple_cat(std::tuple(number_of(*b)), rank(*b));
  });
  std::vector<const model::ObservedContainer*> unique;
  for (const auto* container : existing) {
    if (!unique.empty() && number_of(*unique.back()) == number_of(*container)) {
      remove(container, "left over from an interrupted recreation", true);
    } else {
      unique.push_back(container);
    }
  }
  std::stable_sort(unique.begin(), unique.end(), [&](const auto* a, const auto* b) {
    return std::get<0>(rank(*a)) < std::get<0>(rank(*b));
  });
  for (std::size_t i = static_cast<std::size_t>(std::max(wanted, 0)); i < unique.size(); ++i) {
    remove(unique[i], fmt::format("scale is {}", wanted), false);
  }
  if (unique.size() > static_cast<std::size_t>(std::max(wanted, 0))) unique.resize(std::max(wanted, 0));
  std::stable_sort(unique.begin(), unique.end(),
                   [](const auto* a, const auto* b) { return number_of(*a) < number_of(*b); });
  existing = std::move(unique);
}

Replica Reconciler::decide_existing(const model::Service& service,
                                    const model::ObservedContainer& container) {
  Replica replica;
  replica.number = number_of(container);
  replica.name = container_name(project_, service, replica.number, options_.separator);
  replica.existing = &container;
  replica.ref = {container.id, 0, replica.name};
  const auto cause = replacement_cause(service, container);
  if (cause) {
    replica.fate = Fate::Replace;
    replica.cause = *cause;
    replica.stop = model::is_active(container.status);
    replica.stop_cause = "replaced";
    replica.start = options_.start;
    replica.start_cause = "recreated";
  } else if (container.status != model::ContainerStatus::Running &&
             container.status != model::ContainerStatus::Restarting) {
    replica.start = options_.start;
    replica.start_cause = fmt::format("it is {}", model::to_text(container.status));
  }
  mark_users_of_remade_resources(replica);
  return replica;
}

void Reconciler::mark_users_of_remade_resources(Replica& replica) {
  for (const auto& [key, network] : networks_) {
    if (!network.remove_first || !uses_network(*replica.existing, network.id)) continue;
    replica.early = true;
    replica.reconnect.push_back(network.name);
    replica.stop_cause = fmt::format("network {} is made anew", network.name);
  }
  for (const auto& [key, volume] : volumes_) {
    if (!volume.remove_first || !uses_volume(*replica.existing, volume.name)) continue;
    replica.early = replica.remove_early = true;
    replica.stop_cause = fmt::format("volume {} is made anew", volume.name);
    if (replica.fate == Fate::Keep) {
      replica.fate = Fate::Replace;
      replica.cause = replica.stop_cause;
      replica.start = options_.start;
      replica.start_cause = "recreated";
    }
  }
  if (!replica.early) return;
  replica.stop = model::is_active(replica.existing->status);
  if (replica.fate == Fate::Keep && replica.stop) {
    replica.start = options_.start;
    replica.start_cause = "stopped by this plan";
  }
}

void Reconciler::decide_restart_dependents() {
  for (const std::string& name : order_) {
    ServiceState& state = services_.at(name);
    for (const auto& [dependency, how] : state.service->depends_on) {
      const ServiceState* of = find_state(dependency);
      if (!how.restart || of == nullptr || !of->recreated || !options_.start) continue;
      for (Replica& replica : state.replicas) {
        if (replica.fate != Fate::Keep || replica.stop || !model::is_active(replica.existing->status))
          continue;
        replica.stop = replica.start = true;
        replica.stop_cause = replica.start_cause = fmt::format("service {} is recreated", dependency);
      }
    }
  }
}

void Reconciler::decide_orphans() {
  std::set<std::string> known(project_.disabled_services.begin(), project_.disabled_services.end());
  for (const std::string& name : order_) known.insert(name);
  std::vector<std::string> names;
  for (const auto& container : observed_.containers) {
    if (!is_managed(container)) continue;
    const bool finished_one_off = is_one_off(container) && !model::is_active(container.status) &&
                                  container.status != model::ContainerStatus::Created;
    const bool orphan = is_one_off(container) ? finished_one_off : !known.contains(service_of(container));
    Replica replica;
    replica.existing = &container;
    replica.name = container.name;
    replica.ref = {container.id, 0, container.name};
    if (orphan && options_.remove_orphans) {
      replica.fate = Fate::Remove;
      replica.stop = model::is_active(container.status);
      replica.cause = replica.stop_cause = "orphan";
    } else if (orphan && !is_one_off(container)) {
      names.push_back(container.name);
    }
    const bool of_service = !is_one_off(container) && services_.contains(service_of(container));
    if (!of_service) mark_users_of_remade_resources(replica);
    if (replica.remove_early) replica.fate = Fate::Remove;
    if (replica.early || replica.fate == Fate::Remove) orphans_.push_back(std::move(replica));
  }
  if (names.empty() || options_.ignore_orphans) return;
  diagnostics_.warning(
      base::make_error(
          base::ErrorClass::Conflict,
          fmt::format("Found orphan containers ([{}]) for this project.", base::join(names, " ")))
          .with_hint("if a service was removed or renamed in the Compose file, --remove-orphans removes its "
                     "containers"));
}

}  // namespace compose::plan
