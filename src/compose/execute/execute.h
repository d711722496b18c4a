// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "compose/plan/plan.h"
#include "engine_client/engine.h"

namespace compose::execute {

/// Where a step stands. Skipped: it never ran, because something before it failed or was cancelled.
enum class StepPhase { Started, Done, Failed, Skipped };
struct StepEvent {
  const plan::Step& step;
  StepPhase phase = StepPhase::Started;
  base::Duration elapsed{0};           ///< Done and Failed.
  const base::Error* error = nullptr;  ///< Failed.
};

/// Hears what happens. Called from several threads, one call at a time.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  virtual void on_step(const StepEvent& event) = 0;
  virtual void on_image(const plan::Step& step, const engine_client::ImageEvent& event) = 0;
};

struct ExecuteOptions {
  /// Most calls at a time. The work is the kernel's and mostly waiting, so it does not follow the number
  /// of processors.
  unsigned workers = 16;
  base::Cancellation cancellation;
  engine_client::TerminalStreams hook_streams;  ///< Where hooks write.
};

struct Outcome {
  std::vector<base::Error> warnings;               ///< Failures of steps that may fail.
  std::map<plan::StepId, std::string> containers;  ///< IDs of those that were created.
};

/// Walks the plan: every step once, after those it depends on, several at a time. Takes no decision of
/// its own. After the first failure no new step begins (or only independent ones, as the plan says),
/// those that run are finished, and all failures are returned joined. Cancelled, with exit code 130,
/// when the cancellation was requested.
base::Result<Outcome> execute(const plan::Plan& plan, engine_client::Engine& engine,
                              const ExecuteOptions& options, ProgressSink& sink);

}  // namespace compose::execute
