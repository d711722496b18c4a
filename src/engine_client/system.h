// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/watched_work.h"
#include "model/observed.h"

namespace engine_client {

struct EngineVersion {
  std::string name;  ///< "bundled" or "docker"
  std::string version;
  std::string api_version;  ///< Docker engines only.
};

/// What opening the engine found broken and put right: one sentence each, for the user.
struct Recovery {
  std::vector<std::string> notes;
};

/// Bytes on disk of what the engine keeps. The build cache tells its own: BuildCache::list().
struct DiskUse {
  struct OfImage {
    model::ObservedImage image;
    std::int64_t own = 0, shared = 0;  ///< Layers of this image alone, and of others as well.
    int containers = 0;                ///< How many are made from it, or mount it.
  };
  struct OfContainer {
    model::ObservedContainer container;
    std::int64_t size = 0;  ///< Its writable layer and its log.
  };
  struct OfVolume {
    model::ObservedVolume volume;
    std::int64_t size = 0;
    int containers = 0;  ///< How many use it.
  };
  std::vector<OfImage> images;
  std::int64_t layers = 0;       ///< Bytes of all images' layers, each counted once.
  std::int64_t idle_layers = 0;  ///< Of those, what no container's image has.
  std::vector<OfContainer> containers;
  std::vector<OfVolume> volumes;
};

struct CheckOptions {
  bool content = false;  ///< Read everything and hold it against its digest, too.
  bool repair = false;
};
/// What is wrong with the store, and what was done about it: one sentence each.
struct StoreCheck {
  std::vector<std::string> problems, repairs;
};

/// What the engine says of itself.
class System {
 public:
  virtual ~System() = default;
  virtual base::Result<EngineVersion> version() = 0;
  /// Finds what a killed process left behind (dead monitors, half-made containers, stale rules) and
  /// mends it. Cheap when there is nothing to mend. Cancelled: the next one goes on.
  virtual base::Result<Recovery> recover(const base::Watcher&) = 0;
  virtual base::Result<DiskUse> disk_use() = 0;
  /// Holds records, layers and blobs against each other.
  virtual base::Result<StoreCheck> check(const CheckOptions&) = 0;
};

}  // namespace engine_client
