// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "cli/invocation.h"
#include "cli/render/progress.h"

namespace cli {

/// A pull, push or build that is no part of a project, shown as if it were a step of a plan. Made when it
/// begins.
class ImageWork {
 public:
  /// `call` gives the words: "Image redis:7  Pulling".
  ImageWork(Invocation& invocation, const std::string& image, compose::plan::EngineCall call);
  /// Takes the events; must not outlive the work.
  engine_client::ImageEventSink sink();
  /// Shows how it ended; the result as it came.
  template <typename T>
  base::Result<T> end(base::Result<T> result) {
    show(result ? compose::execute::StepPhase::Done : compose::execute::StepPhase::Failed,
         result ? nullptr : &result.error());
    return result;
  }

 private:
  void show(compose::execute::StepPhase phase, const base::Error* error);

  ProgressRenderer& progress_;
  compose::plan::Step step_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace cli
