// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "compose/plan/options.h"
#include "compose/plan/plan.h"
#include "model/observed.h"
#include "model/project.h"

namespace compose::plan {

/// What must be done so that what the engine has becomes what the project wants: networks and volumes,
/// containers created, replaced, removed, started in dependency order. Pure: the same input gives the same
/// plan, and a plan for a world that is right already is empty. Images are expected to be there
/// (plan_images() comes first), because their IDs decide what is recreated; only those in
/// `options.pending_images` may be missing.
/// Errors, all of them at once: attributes the engine cannot do, missing external resources, missing
/// images, malformed values. compose-facts: recreation, ordering, orphans.
base::Result<Plan> reconcile(const model::Project& project, const model::Observed& observed,
                             const ReconcileOptions& options);

}  // namespace compose::plan
