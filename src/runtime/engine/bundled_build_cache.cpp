// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_build_cache.h"

#include "runtime/build/builder.h"

namespace runtime::engine {
namespace {

model::TimePoint to_time(std::int64_t ns) { return model::TimePoint(base::Duration(ns)); }

build::Builder make_builder(Stores& stores, build::StepRunner& runner) {
  return build::Builder(*stores.snapshots, *stores.images, *stores.database, runner, stores.roots.data,
                        stores.roots.run);
}

engine_client::BuildCacheRecord to_client(const build::CacheRecord& record) {
  return {record.id,
          record.description,
          record.size,
          to_time(record.created_ns),
          to_time(record.last_used_ns),
          record.use_count,
          record.in_use};
}

}  // namespace

base::Result<std::vector<engine_client::BuildCacheRecord>> BundledBuildCache::list() {
  std::vector<engine_client::BuildCacheRecord> out;
  for (const build::CacheRecord& record : TRY(make_builder(stores_, runner_).cache_records())) {
    out.push_back(to_client(record));
  }
  return out;
}

base::Result<engine_client::Pruned> BundledBuildCache::prune(
    const engine_client::BuildCachePruneOptions& options, const base::Cancellation& cancellation) {
  build::CachePruneOptions wanted;
  wanted.all = options.all;
  if (options.unused_for) wanted.unused_for_ns = options.unused_for->count();
  if (options.takes) {
    wanted.takes = [&](const build::CacheRecord& record) { return options.takes(to_client(record)); };
  }
  wanted.most_bytes = options.most_bytes;
  wanted.free_bytes = options.free_bytes;
  wanted.keep_bytes = options.keep_bytes;
  build::CachePruneResult result = TRY(make_builder(stores_, runner_).prune(wanted, cancellation));
  return engine_client::Pruned{std::move(result.removed), result.freed_bytes};
}

}  // namespace runtime::engine
