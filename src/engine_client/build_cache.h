// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/duration.h"
#include "base/result.h"
#include "model/observed.h"

namespace engine_client {

/// What a build keeps for later ones: a step's layer, or a folder of RUN --mount=type=cache.
struct BuildCacheRecord {
  std::string id;
  std::string description;  ///< "RUN apt-get update"
  std::int64_t size = 0;    ///< Bytes of its own on disk.
  model::TimePoint created, last_used;
  std::int64_t use_count = 0;
  bool in_use = false;  ///< An image holds the same layer.
};

/// Which records a prune takes, oldest use first: those no image uses, unless narrowed or widened. With a
/// number of bytes it ends when enough is gone.
struct BuildCachePruneOptions {
  bool all = false;                          ///< Also those that images use; the images keep their layers.
  std::optional<base::Duration> unused_for;  ///< Only what was not used for so long.
  std::function<bool(const BuildCacheRecord&)> takes;  ///< Only these; empty: any.
  std::optional<std::int64_t> most_bytes;              ///< So much may be left.
  std::optional<std::int64_t> free_bytes;              ///< So much of the disk shall be free.
  std::optional<std::int64_t> keep_bytes;              ///< So much is left in any case.
};

/// What a prune has taken away.
struct Pruned {
  std::vector<std::string> removed;  ///< IDs.
  std::int64_t freed = 0;            ///< Bytes.
};

/// The engine's build cache.
class BuildCache {
 public:
  virtual ~BuildCache() = default;
  virtual base::Result<std::vector<BuildCacheRecord>> list() = 0;
  /// Waits until no build is under way.
  virtual base::Result<Pruned> prune(const BuildCachePruneOptions&, const base::Cancellation&) = 0;
};

}  // namespace engine_client
