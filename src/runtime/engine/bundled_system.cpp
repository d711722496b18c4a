// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_system.h"

#include "base/version.h"
#include "runtime/engine/recover.h"

namespace runtime::engine {

base::Result<engine_client::EngineVersion> BundledSystem::version() {
  return engine_client::EngineVersion{
      .name = "bundled", .version = std::string(base::kVersion), .api_version = ""};
}

base::Result<engine_client::Recovery> BundledSystem::recover() { return engine::recover(stores_); }

}  // namespace runtime::engine
