// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "compose/execute/execute.h"
#include "compose/plan/plan.h"
#include "engine_client/engine.h"

namespace compose {

/// What every use case works with: the engine, and the user's ear. Use cases print nothing themselves.
struct Session {
  engine_client::Engine& engine;
  execute::ProgressSink& progress;
  base::Cancellation cancellation;
  std::function<void(const base::Error&)> warn;
  /// Asks a question; false is no. Without a user at the terminal the answer is no.
  std::function<bool(const std::string& question)> confirm;
  bool dry_run = false;
  std::function<void(const plan::Plan&)> show_plan;  ///< Called instead of executing, with `dry_run`.
  /// Told the names of containers that are right as they are.
  std::function<void(const std::vector<std::string>& containers)> show_unchanged;
  execute::ExecuteOptions execute_options;
};

/// Executes the plan, or shows it when this is a dry run; its warnings reach the user either way.
base::Result<execute::Outcome> carry_out(const plan::Plan& plan, Session& session);

}  // namespace compose
