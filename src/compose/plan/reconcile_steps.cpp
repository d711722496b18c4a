// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "compose/plan/reconciler.h"
#include "model/labels.h"

namespace compose::plan {
namespace {

std::string_view part_name(SharedPart part) {
  switch (part) {
    case SharedPart::Network: return "the network namespace";
    case SharedPart::Pid: return "the process namespace";
    case SharedPart::Ipc: return "the IPC namespace";
    case SharedPart::Uts: return "the UTS namespace";
    case SharedPart::Volumes: return "the volumes";
  }
  return "";
}

/// Named as replacement_name() does, by an `up` that was cut short before it renamed it.
bool has_replacement_name(const model::ObservedContainer& container, const std::string& final_name) {
  return container.name.size() == final_name.size() + 13 && container.name.ends_with("_" + final_name);
}

}  // namespace

void Reconciler::write_early_stops() {
  for (const std::string& name : std::views::reverse(order_)) {
    for (Replica& replica : services_.at(name).replicas) write_early_stop(name, replica);
  }
  for (Replica& orphan : orphans_) write_early_stop("", orphan);
}

void Reconciler::write_early_stop(const std::string& service, Replica& replica) {
  if (!replica.early) return;
  write_stop(service, replica);
  if (replica.remove_early) return write_removal(replica);
  const ContainerRef existing{replica.existing->id, 0, replica.existing->name};
  for (const std::string& network : replica.reconnect) {
    replica.disconnected = builder_.add(DisconnectNetwork{network, existing}, container_group(replica.name),
                                        replica.stop_cause, {replica.stopped, replica.disconnected});
  }
}

void Reconciler::write_creations() {
  for (const std::string& name : order_) {
    ServiceState& state = services_.at(name);
    for (Replica& replica : state.replicas) {
      if (replica.fate == Fate::Create || replica.fate == Fate::Replace) write_creation(state, replica);
    }
  }
}

/// Containers of other services that this one shares parts with; `after` gets the steps that create them.
std::vector<SharedFrom> Reconciler::resolve_shared(const model::Service& service,
                                                   std::vector<StepId>& after) {
  std::vector<SharedFrom> out;
  for (const SharedService& shared : shared_services(service)) {
    ContainerRef donor;
    if (const ServiceState* state = find_state(shared.service); state != nullptr) {
      for (const Replica& replica : state->replicas) {
        if (replica.fate == Fate::Remove) continue;
        donor = replica.ref;
        break;
      }
    } else if (const auto found = containers_.find(shared.service); found != containers_.end()) {
      donor = {found->second.front()->id, 0, found->second.front()->name};
    }
    if (donor == ContainerRef{}) {
      diagnostics_.error(
          base::make_error(base::ErrorClass::NotFound,
                           fmt::format("service \"{}\" cannot share {} of service \"{}\": it has no "
                                       "container",
                                       service.name, part_name(shared.part), shared.service))
              .at(service.span));
      continue;
    }
    after.push_back(donor.created_by);
    out.push_back({shared.part, donor, shared.read_only});
  }
  return out;
}

void Reconciler::write_creation(ServiceState& state, Replica& replica) {
  const model::Service& service = *state.service;
  SpecRequest request;
  request.number = replica.number;
  request.separator = options_.separator;
  request.version = options_.version;
  const auto image = observed_.images.find(image_name(project_, service, options_.separator));
  if (image != observed_.images.end()) request.image_id = image->second.id;
  auto spec = make_container_spec(project_, service, request);
  if (!spec) {
    // The replicas of a service all have the same fault.
    if (&replica == &state.replicas.front()) diagnostics_.error(std::move(spec).error());
    return;
  }
  if (replica.fate == Fate::Replace) {
    if (!replica.remove_early && replica.existing->name == replica.name) {
      spec->name = replacement_name(replica.existing->id, replica.name);
    }
    spec->labels.insert_or_assign(std::string(model::labels::kReplace),
                                  service.container_name.empty()
                                      ? fmt::format("{}-{}", service.name, replica.number)
                                      : service.container_name);
    if (!options_.renew_anonymous_volumes) carry_anonymous_volumes(*replica.existing, *spec);
  }
  std::vector<StepId> after{replica.removed};
  for (const Replica& other : state.replicas) {
    if (other.fate == Fate::Remove && other.remove_early) after.push_back(other.removed);
  }
  if (service.network_mode.empty()) {
    for (const auto& [key, attachment] : service.networks) {
      if (networks_.contains(key)) after.push_back(networks_.at(key).ready);
    }
  }
  for (const model::MountSpec& mount : service.mounts) {
    if (volumes_.contains(mount.source)) after.push_back(volumes_.at(mount.source).ready);
  }
  CreateContainer call{service.name, replica.number, *std::move(spec), {}};
  call.shared = resolve_shared(service, after);
  replica.created =
      builder_.add(std::move(call), container_group(replica.name), replica.cause, std::move(after));
  replica.ready = replica.created;
  replica.ref = {"", replica.created, replica.name};
}

/// What the old container holds in anonymous volumes goes on in the new one.
void Reconciler::carry_anonymous_volumes(const model::ObservedContainer& old,
                                         model::ContainerSpec& spec) const {
  const auto image = observed_.images.find(spec.image);
  for (const model::ObservedMount& mount : old.mounts) {
    if (mount.type != model::MountType::Volume || !mount.anonymous || mount.name.empty()) continue;
    const auto same_target = [&](const auto& other) { return other.target == mount.target; };
    const auto wanted = std::find_if(spec.mounts.begin(), spec.mounts.end(), same_target);
    if (wanted != spec.mounts.end()) {
      if (wanted->type == model::MountType::Volume && wanted->source.empty()) wanted->source = mount.name;
      continue;
    }
    const bool of_image = image == observed_.images.end() ||
                          std::find(image->second.volumes.begin(), image->second.volumes.end(),
                                    mount.target) != image->second.volumes.end();
    if (!of_image) continue;
    model::MountSpec carried;
    carried.source = mount.name;
    carried.target = mount.target;
    carried.read_only = mount.read_only;
    spec.mounts.push_back(std::move(carried));
  }
}

std::vector<StepId> Reconciler::stops_of_restart_dependents(const std::string& service) const {
  std::vector<StepId> out;
  const auto dependents = dependents_.find(service);
  if (dependents == dependents_.end()) return out;
  for (const std::string& name : dependents->second) {
    const ServiceState& state = services_.at(name);
    if (!state.service->depends_on.at(service).restart) continue;
    for (const Replica& replica : state.replicas) out.push_back(replica.stopped);
  }
  return out;
}

void Reconciler::write_stop(const std::string& service, Replica& replica) {
  if (!replica.stop || replica.stopped != 0) return;
  std::vector<StepId> after = stops_of_restart_dependents(service);
  after.push_back(replica.created);
  const ContainerRef existing{replica.existing->id, 0, replica.existing->name};
  const std::string group = container_group(replica.name);
  const auto found = project_.services.find(service);
  if (found != project_.services.end() && replica.existing->status == model::ContainerStatus::Running) {
    for (const model::Hook& hook : found->second.pre_stop) {
      after = {builder_.add(RunHook{"pre_stop", existing, hook}, group, replica.stop_cause, after)};
    }
  }
  replica.stopped =
      builder_.add(StopContainer{existing, options_.timeout}, group, replica.stop_cause, std::move(after));
}

void Reconciler::write_removal(Replica& replica) {
  if (replica.removed != 0) return;
  const ContainerRef existing{replica.existing->id, 0, replica.existing->name};
  // A stop that came before the successor says nothing about it.
  const StepId successor = replica.stopped == 0 || replica.early ? replica.created : 0;
  replica.removed = builder_.add(RemoveContainer{existing, false, false}, container_group(replica.name),
                                 replica.fate == Fate::Replace ? "replaced" : replica.cause,
                                 {replica.stopped, successor, replica.disconnected});
}

void Reconciler::write_rename(Replica& replica) {
  if (replica.fate == Fate::Replace) {
    const auto& spec = std::get<CreateContainer>(builder_.step(replica.created).call).spec;
    if (spec.name == replica.name) return;
    replica.ready = builder_.add(RenameContainer{{"", replica.created, spec.name}, replica.name},
                                 container_group(replica.name), "its final name is free", {replica.removed});
  } else if (replica.fate == Fate::Keep && has_replacement_name(*replica.existing, replica.name)) {
    std::vector<StepId> after;
    for (const Replica& other : services_.at(service_of(*replica.existing)).replicas) {
      after.push_back(other.removed);
    }
    replica.ready = builder_.add(
        RenameContainer{{replica.existing->id, 0, replica.existing->name}, replica.name},
        container_group(replica.name), "left over from an interrupted recreation", std::move(after));
  }
}

void Reconciler::write_reconnections(Replica& replica, const model::Service& service) {
  if (replica.fate != Fate::Keep) return;
  for (model::EndpointSpec& endpoint : make_endpoints(project_, service)) {
    if (std::find(replica.reconnect.begin(), replica.reconnect.end(), endpoint.network) ==
        replica.reconnect.end()) {
      continue;
    }
    endpoint.aliases.insert(endpoint.aliases.begin(), {replica.name, service.name});
    StepId network = 0;
    for (const auto& [key, state] : networks_) {
      if (state.name == endpoint.network) network = state.ready;
    }
    const std::string name = endpoint.network;
    replica.ready =
        builder_.add(ConnectNetwork{name, replica.ref, std::move(endpoint)}, container_group(replica.name),
                     fmt::format("network {} is made anew", name), {network, replica.stopped, replica.ready});
  }
}

void Reconciler::write_stops_and_removals() {
  for (const std::string& name : std::views::reverse(order_)) {
    for (Replica& replica : services_.at(name).replicas) write_stop(name, replica);
  }
  for (const std::string& name : order_) {
    ServiceState& state = services_.at(name);
    for (Replica& replica : state.replicas) {
      if (replica.fate == Fate::Remove || replica.fate == Fate::Replace) write_removal(replica);
    }
    for (Replica& replica : state.replicas) {
      if (replica.fate == Fate::Replace && replica.created == 0) continue;
      if (replica.fate != Fate::Create && replica.fate != Fate::Remove) write_rename(replica);
      if (replica.existing != nullptr) write_reconnections(replica, *state.service);
    }
  }
}

void Reconciler::write_orphans() {
  for (Replica& orphan : orphans_) {
    if (orphan.fate != Fate::Remove) continue;
    write_stop("", orphan);
    write_removal(orphan);
  }
  std::vector<StepId> removals;
  for (const Step& step : builder_.plan().steps) {
    if (std::holds_alternative<RemoveContainer>(step.call)) removals.push_back(step.id);
  }
  for (const auto& [key, state] : networks_) {
    if (state.stale.empty()) continue;
    builder_.add(RemoveNetwork{state.stale, state.stale, true}, "Network " + state.stale,
                 fmt::format("renamed to {}", state.name), removals);
  }
}

}  // namespace compose::plan
