// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
};

/// What earlier builds made, in the database: rows lead from a step's key to its layer, which the snapshot
/// store keeps for as long as the row holds it. A row is written only when the layer is committed, so a build
/// that is killed leaves nothing that could be taken for a result. Safe for several threads and processes.
class BuildCache {
 public:
  static base::Result<BuildCache> open(sys::Database& database, snapshot::SnapshotStore& snapshots);

  base::Result<std::optional<CachedLayer>> find(const std::string& key);
  /// Takes the place of an earlier layer of the same key.
  base::Result<> record(const std::string& key, const CachedLayer& layer, std::string_view description);
  /// The records were used now.
  base::Result<> touch(const std::vector<std::string>& keys);

  /// A key that is cheap to make leads to the one that took reading files.
  base::Result<std::optional<std::string>> find_link(const std::string& cheap_key);
  base::Result<> record_link(const std::string& cheap_key, const std::string& key);

  /// What COPY read the last time, by where it reads from and to.
  base::Result<std::optional<CopyMemory>> find_memory(const std::string& slot);
  base::Result<> record_memory(const std::string& slot, const CopyMemory& memory);

  base::Result<std::vector<CacheRecord>> records();
  /// Bytes freed: 0 when somebody else holds the layer.
  base::Result<std::int64_t> remove(const std::string& key);

 private:
  BuildCache(sys::Database& database, snapshot::SnapshotStore& snapshots)
      : database_(&database), snapshots_(&snapshots) {}

  sys::Database* database_;
  snapshot::SnapshotStore* snapshots_;
};

/// Nanoseconds since the epoch.
std::int64_t now_ns();

}  // namespace runtime::build
