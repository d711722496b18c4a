// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "model/container_spec.h"
#include "runtime/container/monitor_plan.h"

namespace runtime::engine {

/// Where a container's output goes. The drivers "local", "json-file" and "" all mean the engine's own log
/// with the options max-size and max-file; "none" throws it away. Unsupported for other drivers,
/// Invalid for other options or malformed values. compose-spec: services.*.logging
base::Result<container::LogPlan> make_log_plan(const model::LogSpec& log, const std::string& directory);

}  // namespace runtime::engine
