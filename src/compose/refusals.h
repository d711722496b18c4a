// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "compose/plan/plan.h"
#include "engine_client/engine.h"
#include "model/project.h"

namespace compose {

/// Asks the engine about every container that the plan creates, so that nothing is stopped or removed for
/// a successor that could not run. All refusals at once, each where its attribute stands in the file.
base::Result<> check_creations(engine_client::Engine& engine, const model::Project& project,
                               const plan::Plan& plan);

}  // namespace compose
