// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compose/plan/plan.h"

namespace compose::plan {

/// Grows a plan step by step: numbers the steps and keeps dependencies sorted and unique.
class PlanBuilder {
 public:
  /// 0 among `depends_on` is "nothing to wait for" and dropped.
  StepId add(EngineCall call, std::string group, std::string cause, std::vector<StepId> depends_on = {});
  /// The step just added, or an earlier one.
  Step& step(StepId id) { return plan_.steps[id - 1]; }
  void depend(StepId step, StepId on);

  Plan& plan() { return plan_; }
  Plan take() { return std::move(plan_); }

 private:
  Plan plan_;
};

/// "Container shop-web-1": the group of all steps that change one container.
std::string container_group(std::string_view name);

}  // namespace compose::plan
