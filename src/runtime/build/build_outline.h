// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/build_outline.h"
#include "runtime/build/dockerfile_parser.h"
#include "runtime/build/stage_graph.h"

namespace runtime::build {

/// Everything of the outline but the findings. Arguments are those that the target's stages declare and, of
/// those above the first FROM, the ones that something needs; the platform's are left out. Docker's
/// documentation: docker buildx build --call.
model::BuildOutline make_outline(const base::Source& source, const Dockerfile& dockerfile,
                                 const StageGraph& graph);

}  // namespace runtime::build
