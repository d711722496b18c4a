// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/build/builder.h"
#include "runtime/build/copy_memory.h"
#include "runtime/snapshot/snapshot_store.h"
#include "sys/database.h"

namespace runtime::build {

/// A layer that an earlier build made for the same key.
struct CachedLayer {
  std::string layer;
  std::int64_t created_ns = 0;
  std::string below;  ///< layers_key() of those it lies on, which it only fits on; empty: on any.
};

/// What earlier builds made, in the database: rows lead from a step's key to its layer, which the snapshot
/// store keeps for as long as the row holds it. A row is written only when the layer is committed, so a build
/// that is killed leaves nothing that could be taken for a result. Safe for several threads and processes.
class BuildCache {
 public:
  static base::Result<BuildCache> open(sys::Database& database, snapshot::SnapshotStore& snapshots,
                                       const std::string& data_root);

  /// Only one that fits on `below`: a step below that was made anew can have come out otherwise.
  base::Result<std::optional<CachedLayer>> find(const std::string& key, const std::string& below);
  /// Takes the place of an earlier layer of the same key.
  base::Result<> record(const std::string& key, const CachedLayer& layer, std::string_view description);
  /// The records were used now; within a minute once.
  base::Result<> touch(const std::vector<std::string>& keys);

  /// A key that is cheap to make leads to the one that took reading files, for as long as those are of the
  /// same layers: `origin` is their layers_key().
  base::Result<std::optional<std::string>> find_link(const std::string& cheap_key, const std::string& origin);
  base::Result<> record_link(const std::string& cheap_key, const std::string& key, const std::string& origin);

  /// All of `layers` are needed by `holder`. NotFound when one of them is gone: none is held then.
  base::Result<> hold(const std::vector<std::string>& layers, const std::string& holder);

  /// What COPY read the last time, by where it reads from and to (64 hex digits): encode(CopyMemory), or
  /// nothing. Kept in a file of its own, as it may be large and nothing is lost with it.
  std::optional<std::string> find_memory(const std::string& slot) const;
  base::Result<> record_memory(const std::string& slot, const CopyMemory& memory);

  base::Result<std::vector<CacheRecord>> records();
  /// Bytes freed: 0 when somebody else holds the layer.
  base::Result<std::int64_t> remove(const std::string& key);

 private:
  BuildCache(sys::Database& database, snapshot::SnapshotStore& snapshots, const std::string& data_root)
      : database_(&database), snapshots_(&snapshots), memories_(data_root + "/build/copies") {}
  base::Result<> forget_old_memories();

  sys::Database* database_;
  snapshot::SnapshotStore* snapshots_;
  std::string memories_;  ///< Folder of one file a slot.
};

/// Names a chain of layers, whose content never changes.
std::string layers_key(const std::vector<std::string>& layers);

}  // namespace runtime::build
