// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "compose/plan/images.h"
#include "compose/session.h"
#include "model/project.h"

namespace compose {

/// Builds the services' images, whether they are there or not.
base::Result<> build(Session& session, const model::Project& project, const plan::BuildOptions& options);

/// Fills in what the Dockerfiles start from, when more than one service has a build.
void find_base_images(engine_client::Engine& engine, const model::Project& project,
                      plan::ImageOptions& options);
/// plan_images(), with images that are built from each other in order.
base::Result<plan::Plan> plan_needed_images(engine_client::Engine& engine, const model::Project& project,
                                            const model::Observed& observed,
                                            const plan::ImageOptions& options);

/// What is odd in the Dockerfiles of the services, in the order they would be built: warnings, and errors as
/// they would end the build. Nothing is built.
base::Result<std::vector<std::string>> check_builds(Session& session, const model::Project& project,
                                                    const plan::BuildOptions& options);

/// The same of one build.
std::vector<std::string> check_build(Session& session, model::BuildSpec spec);

/// Carry out plan_pull() and plan_push().
base::Result<> pull(Session& session, const model::Project& project, const plan::PullPlanOptions& options);
base::Result<> push(Session& session, const model::Project& project, const plan::PullPlanOptions& options);

}  // namespace compose
