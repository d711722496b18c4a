// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "compose/plan/images.h"
#include "compose/session.h"
#include "model/project.h"

namespace compose {

/// Builds the services' images, whether they are there or not.
base::Result<> build(Session& session, const model::Project& project, const plan::BuildOptions& options);
base::Result<> pull(Session& session, const model::Project& project, const plan::PullPlanOptions& options);
base::Result<> push(Session& session, const model::Project& project, const plan::PullPlanOptions& options);

}  // namespace compose
