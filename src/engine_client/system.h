// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace engine_client {

struct EngineVersion {
  std::string name;         ///< "bundled" or "docker"
  std::string version;
  std::string api_version;  ///< Docker engines only.
};

/// What opening the engine found broken and put right: one sentence each, for the user.
struct Recovery {
  std::vector<std::string> notes;
};

/// What the engine says of itself.
class System {
 public:
  virtual ~System() = default;
  virtual base::Result<EngineVersion> version() = 0;
  /// Finds what a killed process left behind (dead monitors, half-made containers, stale rules) and
  /// mends it. Cheap when there is nothing to mend.
  virtual base::Result<Recovery> recover() = 0;
};

}  // namespace engine_client
