// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "model/container_spec.h"

namespace runtime::engine {

/// Unsupported, naming all of it, when a request asks for what this engine cannot do: nothing is dropped
/// in silence.
base::Result<> refuse_unsupported(const model::ContainerSpec& spec);

}  // namespace runtime::engine
