// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/builder.h"

#include <algorithm>

#include <fmt/format.h>

namespace compose::plan {
namespace {

void normalize(std::vector<StepId>& ids) {
  std::erase(ids, StepId{0});
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace

StepId PlanBuilder::add(EngineCall call, std::string group, std::string cause,
                        std::vector<StepId> depends_on) {
  normalize(depends_on);
  Step step;
  step.id = plan_.steps.size() + 1;
  step.depends_on = std::move(depends_on);
  step.group = std::move(group);
  step.cause = std::move(cause);
  step.call = std::move(call);
  plan_.steps.push_back(std::move(step));
  return plan_.steps.size();
}

void PlanBuilder::depend(StepId id, StepId on) {
  step(id).depends_on.push_back(on);
  normalize(step(id).depends_on);
}

std::string container_group(std::string_view name) { return fmt::format("Container {}", name); }

}  // namespace compose::plan
