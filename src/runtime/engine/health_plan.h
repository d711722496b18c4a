// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/container_spec.h"
#include "model/observed.h"
#include "runtime/container/launch_plan.h"
#include "runtime/container/monitor_plan.h"

namespace runtime::engine {

/// The health probe of a container: what the request says, then the image, then Docker's defaults. No
/// test, or the test NONE: no health.
container::HealthPlan make_health_plan(const model::ContainerSpec& request, const model::ObservedImage& image,
                                       const container::LaunchPlan& launch);

}  // namespace runtime::engine
