// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/build_cache.h"

#include <chrono>

#include <fmt/format.h>

namespace runtime::build {
namespace {

constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS build_cache (
  key TEXT PRIMARY KEY, layer TEXT NOT NULL, description TEXT NOT NULL, created_ns INTEGER NOT NULL,
  used_ns INTEGER NOT NULL, uses INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS build_cache_links (cheap_key TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS build_cache_copies (slot TEXT PRIMARY KEY, memory BLOB NOT NULL, used_ns INTEGER NOT NULL);
)sql";

/// More slots than this are forgotten, oldest first: each remembers a context's files.
constexpr std::int64_t kMostSlots = 500;

std::string holder_of(const std::string& key) { return "build:" + key; }

}  // namespace

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

base::Result<BuildCache> BuildCache::open(sys::Database& database, snapshot::SnapshotStore& snapshots) {
  TRY_WHILE(database.run_script(kSchema), "making the tables of the build cache");
  return BuildCache(database, snapshots);
}

base::Result<std::optional<CachedLayer>> BuildCache::find(const std::string& key) {
  std::optional<CachedLayer> found;
  TRY(database_->run(
      "SELECT layer, created_ns FROM build_cache WHERE key = ?", {key},
      [&](const sys::Row& row) { found = CachedLayer{.layer = row.text(0), .created_ns = row.integer(1)}; }));
  if (found && !snapshots_->is_committed(found->layer)) {
    TRY(remove(key));
    found.reset();
  }
  return found;
}

base::Result<> BuildCache::record(const std::string& key, const CachedLayer& layer,
                                  std::string_view description) {
  std::vector<std::string> unheld;
  TRY(database_->transaction([&]() -> base::Result<> {
    unheld = TRY(snapshots_->release(holder_of(key)));
    TRY(snapshots_->hold(layer.layer, holder_of(key)));
    return database_->run(
        "INSERT OR REPLACE INTO build_cache (key, layer, description, created_ns, used_ns) VALUES (?, ?, ?, "
        "?, ?)",
        {key, layer.layer, std::string(description), layer.created_ns, now_ns()});
  }));
  TRY(snapshots_->remove_unheld(unheld));
  return {};
}

base::Result<> BuildCache::touch(const std::vector<std::string>& keys) {
  if (keys.empty()) return {};
  const std::int64_t now = now_ns();
  return database_->transaction([&]() -> base::Result<> {
    for (const std::string& key : keys) {
      TRY(database_->run("UPDATE build_cache SET used_ns = ?, uses = uses + 1 WHERE key = ?", {now, key}));
    }
    return {};
  });
}

base::Result<std::optional<std::string>> BuildCache::find_link(const std::string& cheap_key) {
  std::optional<std::string> found;
  TRY(database_->run("SELECT key FROM build_cache_links WHERE cheap_key = ?", {cheap_key},
                     [&](const sys::Row& row) { found = row.text(0); }));
  return found;
}

base::Result<> BuildCache::record_link(const std::string& cheap_key, const std::string& key) {
  return database_->run("INSERT OR REPLACE INTO build_cache_links (cheap_key, key) VALUES (?, ?)",
                        {cheap_key, key});
}

base::Result<std::optional<CopyMemory>> BuildCache::find_memory(const std::string& slot) {
  std::optional<CopyMemory> found;
  TRY(database_->run("SELECT memory FROM build_cache_copies WHERE slot = ?", {slot},
                     [&](const sys::Row& row) { found = decode_copy_memory(row.text(0)); }));
  return found;
}

base::Result<> BuildCache::record_memory(const std::string& slot, const CopyMemory& memory) {
  return database_->transaction([&]() -> base::Result<> {
    TRY(database_->run("INSERT OR REPLACE INTO build_cache_copies (slot, memory, used_ns) VALUES (?, ?, ?)",
                       {slot, encode(memory), now_ns()}));
    return database_->run(
        "DELETE FROM build_cache_copies WHERE slot IN "
        "(SELECT slot FROM build_cache_copies ORDER BY used_ns DESC LIMIT -1 OFFSET ?)",
        {kMostSlots});
  });
}

base::Result<std::vector<CacheRecord>> BuildCache::records() {
  std::vector<CacheRecord> records;
  std::vector<std::string> layers;
  TRY(database_->run(
      "SELECT key, description, created_ns, used_ns, uses, layer FROM build_cache ORDER BY used_ns", {},
      [&](const sys::Row& row) {
        records.push_back({.id = row.text(0),
                           .description = row.text(1),
                           .created_ns = row.integer(2),
                           .last_used_ns = row.integer(3),
                           .use_count = row.integer(4)});
        layers.push_back(row.text(5));
      }));
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto usage = snapshots_->usage(layers[i]);
    if (usage) records[i].size = usage->bytes;
    TRY(database_->run("SELECT 1 FROM snapshot_holds WHERE snapshot = ? AND holder <> ? LIMIT 1",
                       {layers[i], holder_of(records[i].id)},
                       [&](const sys::Row&) { records[i].in_use = true; }));
  }
  return records;
}

base::Result<std::int64_t> BuildCache::remove(const std::string& key) {
  std::vector<std::string> unheld;
  TRY(database_->transaction([&]() -> base::Result<> {
    TRY(database_->run("DELETE FROM build_cache WHERE key = ?", {key}));
    TRY(database_->run("DELETE FROM build_cache_links WHERE key = ?", {key}));
    unheld = TRY(snapshots_->release(holder_of(key)));
    return {};
  }));
  return snapshots_->remove_unheld(unheld);
}

}  // namespace runtime::build
