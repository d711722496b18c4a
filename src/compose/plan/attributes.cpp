// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/attributes.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace compose::plan {
namespace {

enum class Verdict { Refused, Unused };

/// One attribute below a service that an engine lacks.
struct Lack {
  std::string_view attribute;
  Verdict verdict;
  std::string_view why;
};

// Sorted by attribute. An entry also covers everything below it.
constexpr std::array kBundledLacks = {
    Lack{"cpu_count", Verdict::Refused, "it exists on Windows only; use cpus"},
    Lack{"cpu_percent", Verdict::Refused, "it exists on Windows only; use cpus"},
    Lack{"credential_spec", Verdict::Refused, "it exists on Windows only"},
    Lack{"deploy.endpoint_mode", Verdict::Unused, "it is for clusters"},
    Lack{"deploy.labels", Verdict::Unused, "it is for clusters"},
    Lack{"deploy.mode", Verdict::Unused, "it is for clusters"},
    Lack{"deploy.placement", Verdict::Unused, "it is for clusters"},
    Lack{"deploy.resources.reservations.cpus", Verdict::Unused, "processors cannot be reserved"},
    Lack{"deploy.resources.reservations.devices", Verdict::Refused, "there is no driver for devices"},
    Lack{"deploy.resources.reservations.generic_resources", Verdict::Unused, "it is for clusters"},
    Lack{"deploy.rollback_config", Verdict::Unused, "it is for clusters"},
    Lack{"deploy.update_config", Verdict::Unused, "it is for clusters"},
    Lack{"gpus", Verdict::Refused, "there is no driver for devices"},
    Lack{"isolation", Verdict::Refused, "it exists on Windows only"},
    Lack{"models", Verdict::Refused, "there is no model runner"},
    Lack{"provider", Verdict::Refused, "providers cannot be run yet"},
    Lack{"storage_opt", Verdict::Refused, "snapshots have no options"},
    Lack{"use_api_socket", Verdict::Refused, "there is no daemon with a socket"},
    Lack{"volumes.cluster", Verdict::Refused, "it is for clusters"},
    Lack{"volumes.npipe", Verdict::Refused, "named pipes exist on Windows only"},
};
constexpr std::array kDockerLacks = {
    Lack{"deploy.endpoint_mode", Verdict::Unused, "it is for clusters"},
    Lack{"deploy.placement", Verdict::Unused, "it is for clusters"},
    Lack{"deploy.rollback_config", Verdict::Unused, "it is for clusters"},
    Lack{"deploy.update_config", Verdict::Unused, "it is for clusters"},
    Lack{"models", Verdict::Refused, "there is no model runner"},
    Lack{"provider", Verdict::Refused, "providers cannot be run yet"},
    Lack{"volumes.cluster", Verdict::Refused, "it is for clusters"},
    Lack{"volumes.npipe", Verdict::Refused, "named pipes exist on Windows only"},
};

const Lack* find_lack(std::string_view attribute, EngineKind engine) {
  const auto covers = [&](const Lack& lack) {
    return attribute == lack.attribute ||
           (attribute.starts_with(lack.attribute) &&
            (attribute[lack.attribute.size()] == '.' || attribute[lack.attribute.size()] == '['));
  };
  const auto search = [&](const auto& table) -> const Lack* {
    const auto found = std::find_if(table.begin(), table.end(), covers);
    return found == table.end() ? nullptr : &*found;
  };
  return engine == EngineKind::Bundled ? search(kBundledLacks) : search(kDockerLacks);
}

void check_hooks(const model::Service& service, base::Diagnostics& diagnostics) {
  for (const model::Hook& hook : service.pre_start) {
    if (!hook.per_replica) continue;
    diagnostics.error(
        base::make_error(base::ErrorClass::Unsupported,
                         fmt::format("services.{}.pre_start: per_replica is not supported yet", service.name))
            .at(service.span));
  }
}

/// compose-spec: services.*.healthcheck.start_interval
void check_health(const model::Service& service, base::Diagnostics& diagnostics) {
  if (!service.health_check || !service.health_check->start_interval || service.health_check->start_period)
    return;
  const auto set =
      std::ranges::find(service.set_attributes, "healthcheck", &std::pair<std::string, base::Span>::first);
  diagnostics.error(
      base::make_error(
          base::ErrorClass::Invalid,
          fmt::format("services.{}.healthcheck: start_interval needs a start_period", service.name))
          .at(set == service.set_attributes.end() ? service.span : set->second)
          .with_hint("say how long the start may take: start_period: 30s"));
}

/// A port is published through a network that leads outside; on internal ones alone it leads nowhere.
void check_ports(const model::Project& project, const model::Service& service,
                 base::Diagnostics& diagnostics) {
  if (service.ports.empty() || service.networks.empty() || !service.network_mode.empty()) return;
  const bool all_internal = std::ranges::all_of(service.networks, [&](const auto& attached) {
    const auto declared = project.networks.find(attached.first);
    return declared != project.networks.end() && declared->second.spec.internal;
  });
  if (!all_internal) return;
  diagnostics.warning(
      base::make_error(
          base::ErrorClass::Unsupported,
          fmt::format("services.{}.ports: has no effect: all its networks are internal", service.name))
          .at(service.ports.front().span)
          .with_hint("attach it to a network without `internal: true`"));
}

}  // namespace

void check_attributes(const model::Project& project, EngineKind engine, base::Diagnostics& diagnostics) {
  for (const auto& [name, service] : project.services) {
    check_health(service, diagnostics);
    check_hooks(service, diagnostics);
    check_ports(project, service, diagnostics);
    for (const auto& [attribute, span] : service.set_attributes) {
      const Lack* lack = find_lack(attribute, engine);
      if (lack == nullptr) continue;
      const bool refused = lack->verdict == Verdict::Refused;
      base::Error error =
          base::make_error(base::ErrorClass::Unsupported,
                           fmt::format("services.{}.{}: {}: {}", name, attribute,
                                       refused ? "not supported by this engine" : "has no effect", lack->why))
              .at(span);
      refused ? diagnostics.error(std::move(error)) : diagnostics.warning(std::move(error));
    }
  }
}

}  // namespace compose::plan
