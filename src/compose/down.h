// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "compose/plan/lifecycle.h"
#include "compose/session.h"
#include "model/project.h"

namespace compose {

/// Takes the project down. Nothing to take down is success.
base::Result<> down(Session& session, const model::Project& project, const plan::DownOptions& options);

}  // namespace compose
