// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine_client/engine.h"
#include "model/observed.h"
#include "model/project.h"

namespace compose {

/// Everything that carries the project's label.
base::Result<model::Observed> observe_labelled(engine_client::Engine& engine, const std::string& project);

/// The same, with networks and volumes that only have a name of the project's, and the images it needs.
base::Result<model::Observed> observe(engine_client::Engine& engine, const model::Project& project,
                                      char separator);

/// Which of `references` are there; replaces `observed.images`.
base::Result<> observe_images(engine_client::Engine& engine, const std::vector<std::string>& references,
                              model::Observed& observed);

}  // namespace compose
