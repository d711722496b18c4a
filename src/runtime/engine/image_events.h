// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine_client/images.h"
#include "runtime/build/build_event.h"
#include "runtime/image/progress.h"

namespace runtime::engine {

/// Pass the events of a build, or of a pull, push or load, on as the engine's own. An empty sink is
/// allowed. `sink` must outlive the result.
build::BuildEventSink make_build_sink(const engine_client::ImageEventSink& sink);
enum class Transfer { Pull, Push, Load };
image::ProgressSink make_progress_sink(const engine_client::ImageEventSink& sink, Transfer transfer);

}  // namespace runtime::engine
