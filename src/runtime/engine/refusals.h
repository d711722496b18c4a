// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine_client/containers.h"

namespace runtime::engine {

/// What a start of such a container would fail with, as far as the request and the machine tell: nothing is
/// made, but for a control group where only the kernel knows which limits it takes.
std::vector<engine_client::Refusal> find_refusals(const model::ContainerSpec& spec);

}  // namespace runtime::engine
