// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/result.h"
#include "engine_client/engine.h"
#include "runtime/engine/roots.h"

namespace runtime::engine {

/// The engine that is built in: it does its work in the calling process and leaves one monitor process
/// with each running container. Nothing needs to run before.
base::Result<std::unique_ptr<engine_client::Engine>> open_bundled_engine(const Roots& roots);

}  // namespace runtime::engine
