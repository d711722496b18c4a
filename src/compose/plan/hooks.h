// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "compose/plan/builder.h"
#include "compose/plan/options.h"
#include "model/observed.h"
#include "model/project.h"

namespace compose::plan {

struct HookContext {
  const model::Project& project;
  const model::Observed& observed;
  const ReconcileOptions& options;
  ContainerRef first_replica;  ///< Whose volumes the hooks see.
  std::vector<StepId> after;   ///< What must be done before the first hook.
};

/// Steps for a service's pre_start hooks: each a container of its own, one after the other, that must exit
/// with 0; it is removed then, and kept for inspection otherwise. The last step, or 0 without hooks.
/// compose-spec: services.*.pre_start
base::Result<StepId> add_pre_start_hooks(PlanBuilder& builder, const model::Service& service,
                                         const HookContext& context);

}  // namespace compose::plan
