// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine_client/build_cache.h"
#include "engine_client/containers.h"
#include "engine_client/exec.h"
#include "engine_client/images.h"
#include "engine_client/inside.h"
#include "engine_client/networks.h"
#include "engine_client/system.h"
#include "engine_client/volumes.h"

namespace engine_client {

/// A container engine: the one seam between what a project wants and who runs containers. Split by
/// resource so that each part stays small enough to fake. Implementations: the bundled engine (in
/// process), a Docker engine over its API, and an in-memory fake. Every method may be called from
/// several threads at once. Containers are named by ID, unique ID prefix, or name.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual Containers& containers() = 0;
  virtual Images& images() = 0;
  virtual BuildCache& build_cache() = 0;
  virtual Networks& networks() = 0;
  virtual Volumes& volumes() = 0;
  virtual Exec& exec() = 0;
  virtual Inside& inside() = 0;
  virtual System& system() = 0;
};

}  // namespace engine_client
