// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "compose/execute/execute.h"

namespace compose::execute {

/// IDs of the containers a plan has created so far, by step.
using CreatedContainers = std::map<plan::StepId, std::string>;

/// What the call of one step needs besides the step.
struct CallContext {
  engine_client::Engine& engine;
  const ExecuteOptions& options;
  /// The ID behind a reference; the step that creates it is done by then.
  std::function<std::string(const plan::ContainerRef&)> id_of;
  std::function<void(const engine_client::ImageEvent&)> on_image;
};

/// A container's ID for CreateContainer, else empty. A warning instead of an error where the step leaves
/// what is still used.
struct CallResult {
  std::string container;
  std::optional<base::Error> warning;
};

/// Makes the one engine call of a step. Not for WaitFor.
base::Result<CallResult> make_call(const plan::EngineCall& call, const CallContext& context);

}  // namespace compose::execute
