// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/container/launch_plan.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// Whether the process of a container made with `attach` waits for the one who attaches.
enum class Hold { No, UntilAttached };

/// Works out how to run a container on this machine as it is now and starts a monitor for it. Returns once
/// the process runs, or with the reason why it could not be run. Running already: success.
base::Result<> start_container(Stores& stores, const ContainerRecord& record, Hold hold = Hold::No);

/// What the container was last started with; NotFound when it never was since the machine started.
base::Result<container::LaunchPlan> read_launch_plan(const Roots& roots, const std::string& id);

}  // namespace runtime::engine
