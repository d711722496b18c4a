// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/diagnostics.h"
#include "compose/plan/options.h"
#include "model/project.h"

namespace compose::plan {

/// Reports what the project's services ask for and the engine cannot do: an error at its place, or a
/// warning where leaving it out changes nothing about the containers. Nothing is skipped in silence.
void check_attributes(const model::Project& project, EngineKind engine, base::Diagnostics& diagnostics);

}  // namespace compose::plan
