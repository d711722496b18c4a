// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "compose/plan/reconciler.h"
#include "model/labels.h"

namespace compose::plan {
namespace {

namespace labels = model::labels;

std::string label_of(const std::map<std::string, std::string>& labels, std::string_view key) {
  const auto found = labels.find(std::string(key));
  return found == labels.end() ? std::string() : found->second;
}

/// The one of `resources` that stands for `key` of the project: labelled so, the exact name first.
template <class Resource>
const Resource* find_labelled(const std::vector<Resource>& resources, const std::string& project,
                              std::string_view key_label, const std::string& key, const std::string& name) {
  const Resource* found = nullptr;
  for (const Resource& resource : resources) {
    if (label_of(resource.labels, labels::kProject) != project) continue;
    if (label_of(resource.labels, key_label) != key) continue;
    if (resource.name == name) return &resource;
    if (found == nullptr) found = &resource;
  }
  return found;
}

template <class Resource>
const Resource* find_named(const std::vector<Resource>& resources, const std::string& name) {
  const auto found = std::find_if(resources.begin(), resources.end(),
                                  [&](const Resource& resource) { return resource.name == name; });
  return found == resources.end() ? nullptr : &*found;
}

base::Error foreign_warning(std::string_view kind, const std::string& name, const base::Span& span) {
  return base::make_error(
             base::ErrorClass::Conflict,
             fmt::format("a {} with name {} exists but was not created for this project", kind, name))
      .at(span)
      .with_hint("set `external: true` to use it as it is");
}

/// No hash on it: an older tool made it, and it is left alone.
bool hash_differs(const std::map<std::string, std::string>& on_it, const std::string& wanted) {
  const std::string hash = label_of(on_it, labels::kConfigHash);
  return !hash.empty() && hash != wanted;
}

}  // namespace

void Reconciler::decide_networks() {
  for (const auto& [key, network] : project_.networks) decide_network(network, networks_[key]);
}

void Reconciler::decide_network(const model::ProjectNetwork& network, ResourceState& state) {
  state.name = network.spec.name;
  const model::ObservedNetwork* named = find_named(observed_.networks, state.name);
  if (network.external) {
    if (named != nullptr) {
      state.id = named->id;
      return;
    }
    diagnostics_.error(
        base::make_error(base::ErrorClass::NotFound,
                         fmt::format("network {} declared as external, but could not be found", state.name))
            .at(network.span));
    return;
  }
  const auto* ours =
      find_labelled(observed_.networks, project_.name, labels::kNetwork, network.key, state.name);
  if (ours != nullptr && ours->name == state.name) {
    state.id = ours->id;
    if (hash_differs(ours->labels, network.config_hash)) {
      state.remove_first = true;
      state.cause = "configuration changed";
    }
    return;
  }
  if (named != nullptr) {
    state.id = named->id;
    diagnostics_.warning(foreign_warning("network", state.name, network.span));
    return;
  }
  if (ours != nullptr) state.stale = ours->name;
  state.cause = ours == nullptr ? "no such network" : fmt::format("renamed from {}", ours->name);
}

void Reconciler::decide_volumes() {
  for (const auto& [key, volume] : project_.volumes) decide_volume(volume, volumes_[key]);
}

void Reconciler::decide_volume(const model::ProjectVolume& volume, ResourceState& state) {
  state.name = volume.spec.name;
  const model::ObservedVolume* named = find_named(observed_.volumes, state.name);
  if (named != nullptr) state.id = named->name;
  if (volume.external) {
    if (named != nullptr) return;
    diagnostics_.error(base::make_error(base::ErrorClass::NotFound,
                                        fmt::format("external volume \"{}\" not found", state.name))
                           .at(volume.span));
    return;
  }
  if (named == nullptr) {
    const auto* ours =
        find_labelled(observed_.volumes, project_.name, labels::kVolume, volume.key, state.name);
    // Data is never removed for a new name: the old volume stays.
    state.cause = ours == nullptr ? "no such volume" : fmt::format("renamed from {}", ours->name);
    return;
  }
  const bool ours = label_of(named->labels, labels::kProject) == project_.name &&
                    label_of(named->labels, labels::kVolume) == volume.key;
  if (!ours) {
    diagnostics_.warning(foreign_warning("volume", state.name, volume.span));
    return;
  }
  if (!hash_differs(named->labels, volume.config_hash)) return;
  const std::string id = "volume:" + volume.key;
  if (options_.confirm_all || options_.confirmed.contains(id)) {
    state.remove_first = true;
    state.cause = "configuration changed";
    return;
  }
  builder_.plan().confirmations.push_back(
      {id, fmt::format("Volume \"{}\" exists but doesn't match its configuration in the Compose file. "
                       "Recreate it? Its data will be lost",
                       state.name)});
}

void Reconciler::write_resources() {
  const auto own_labels = [&](std::map<std::string, std::string>& out, std::string_view key_label,
                              const std::string& key, const std::string& hash) {
    out.insert_or_assign(std::string(labels::kProject), project_.name);
    out.insert_or_assign(std::string(key_label), key);
    out.insert_or_assign(std::string(labels::kConfigHash), hash);
    out.insert_or_assign(std::string(labels::kVersion), options_.version);
  };
  std::vector<StepId> gone;
  for (const auto& [name, service] : services_) {
    for (const Replica& replica : service.replicas) {
      if (replica.early) gone.insert(gone.end(), {replica.stopped, replica.removed});
    }
  }
  for (const Replica& orphan : orphans_) {
    if (orphan.early) gone.push_back(orphan.stopped);
  }
  for (auto& [key, state] : networks_) {
    if (state.cause.empty()) continue;
    const std::string group = "Network " + state.name;
    std::vector<StepId> after;
    if (state.remove_first) {
      for (const Step& step : std::vector<Step>(builder_.plan().steps)) {
        const auto* disconnect = std::get_if<DisconnectNetwork>(&step.call);
        if (disconnect != nullptr && disconnect->network == state.name) after.push_back(step.id);
      }
      after.insert(after.end(), gone.begin(), gone.end());
      after = {builder_.add(RemoveNetwork{state.name, state.id, false}, group, state.cause, after)};
      state.id.clear();
    }
    CreateNetwork call{key, project_.networks.at(key).spec};
    own_labels(call.spec.labels, labels::kNetwork, key, project_.networks.at(key).config_hash);
    state.ready = builder_.add(std::move(call), group, state.cause, after);
  }
  for (auto& [key, state] : volumes_) {
    if (state.cause.empty()) continue;
    const std::string group = "Volume " + state.name;
    std::vector<StepId> after;
    if (state.remove_first) {
      after = {builder_.add(RemoveVolume{state.name, false}, group, state.cause, gone)};
    }
    CreateVolume call{key, project_.volumes.at(key).spec};
    own_labels(call.spec.labels, labels::kVolume, key, project_.volumes.at(key).config_hash);
    state.ready = builder_.add(std::move(call), group, state.cause, after);
  }
}

}  // namespace compose::plan
