// SPDX-License-Identifier: Apache-2.0
#include "cli/image_work.h"

namespace cli {

using compose::execute::StepPhase;

ImageWork::ImageWork(Invocation& invocation, const std::string& image, compose::plan::EngineCall call)
    : progress_(invocation.progress()) {
  step_.id = 1;
  step_.group = "Image " + image;
  step_.cause = "it was asked for";
  step_.call = std::move(call);
  show(StepPhase::Started, nullptr);
}

engine_client::ImageEventSink ImageWork::sink() {
  return [this](const engine_client::ImageEvent& event) { progress_.on_image(step_, event); };
}

void ImageWork::show(StepPhase phase, const base::Error* error) {
  progress_.on_step(
      {.step = step_, .phase = phase, .elapsed = std::chrono::steady_clock::now() - begun_, .error = error});
}

}  // namespace cli
