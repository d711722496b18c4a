// SPDX-License-Identifier: Apache-2.0
#include "compose/refusals.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/diagnostics.h"

namespace compose {
namespace {

/// Where `attribute`, or something below it, stands.
base::Span span_of(const model::Service& service, const std::string& attribute) {
  const auto found = std::ranges::find_if(service.set_attributes, [&](const auto& set) {
    return set.first == attribute || set.first.starts_with(attribute + ".");
  });
  return found == service.set_attributes.end() ? service.span : found->second;
}

}  // namespace

base::Result<> check_creations(engine_client::Engine& engine, const model::Project& project,
                               const plan::Plan& plan) {
  base::Diagnostics diagnostics;
  std::set<std::string> checked;  // The replicas of a service all have the same fault.
  for (const plan::Step& step : plan.steps) {
    const auto* creation = std::get_if<plan::CreateContainer>(&step.call);
    if (creation == nullptr || !checked.insert(creation->service).second) continue;
    const auto service = project.services.find(creation->service);
    for (engine_client::Refusal& refusal : engine.containers().refusals(creation->spec)) {
      base::Error error =
          std::move(refusal.error).while_doing(fmt::format("checking service {}", creation->service));
      if (service != project.services.end())
        static_cast<void>(std::move(error).at(span_of(service->second, refusal.attribute)));
      diagnostics.error(std::move(error));
    }
  }
  return diagnostics.checkpoint();
}

}  // namespace compose
