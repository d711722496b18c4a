// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/build/step_runner.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// Runs a build's RUN steps by the engine's launcher: confined as a container, on the engine's default
/// network unless the step says otherwise, without a monitor.
class EngineStepRunner final : public build::StepRunner {
 public:
  explicit EngineStepRunner(Stores& stores) : stores_(stores) {}
  base::Result<build::StepExit> run(const build::StepProcess& process, const build::OutputSink& output,
                                    const base::Cancellation& cancellation) override;

 private:
  Stores& stores_;
};

}  // namespace runtime::engine
