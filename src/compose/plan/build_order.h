// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "compose/plan/images.h"

namespace compose::plan {

/// Services whose images the build of `service` takes files from, and which have a build themselves: those of
/// its `service:` contexts, and those whose image its Dockerfile names. compose-spec:
/// build.additional_contexts. Never the service itself, nor one that makes an image of the same name.
std::vector<const model::Service*> built_from(const model::Project& project, const model::Service& service,
                                              const ImageOptions& options);

}  // namespace compose::plan
