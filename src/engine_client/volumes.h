// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine_client/networks.h"
#include "model/network_spec.h"
#include "model/observed.h"

namespace engine_client {

/// The engine's named volumes.
class Volumes {
 public:
  virtual ~Volumes() = default;
  virtual base::Result<std::vector<model::ObservedVolume>> list(const ResourceFilter&) = 0;
  virtual base::Result<model::ObservedVolume> inspect(const std::string& volume) = 0;
  /// Creating one that is there already with the same options succeeds.
  virtual base::Result<> create(const model::VolumeSpec&) = 0;
  /// Conflict while a container uses it.
  virtual base::Result<> remove(const std::string& volume) = 0;
};

}  // namespace engine_client
