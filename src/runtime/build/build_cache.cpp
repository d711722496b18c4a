// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/build_cache.h"

#include <fcntl.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"
#include "sys/file.h"
#include "sys/path_at.h"
#include "sys/sha256.h"

namespace runtime::build {
namespace {

constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS build_cache (
  key TEXT PRIMARY KEY, layer TEXT NOT NULL, description TEXT NOT NULL, created_ns INTEGER NOT NULL,
  used_ns INTEGER NOT NULL, below TEXT NOT NULL, uses INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS build_cache_links (
  cheap_key TEXT PRIMARY KEY, key TEXT NOT NULL, origin TEXT NOT NULL) WITHOUT ROWID;
)sql";

/// With more memories than this the oldest half is forgotten: each is a context's files.
constexpr std::size_t kMostMemories = 500;
constexpr std::size_t kLargestMemory = std::size_t{2} << 30;

/// Uses so close together count as one: a build that finds nothing to do writes nothing.
constexpr std::int64_t kOneUseNs = 60'000'000'000;

std::string holder_of(const std::string& key) { return "build:" + key; }

}  // namespace

std::string layers_key(const std::vector<std::string>& layers) {
  return sys::sha256_hex(base::join(layers, "\n"));
}

base::Result<BuildCache> BuildCache::open(sys::Database& database, snapshot::SnapshotStore& snapshots,
                                          const std::string& data_root) {
  TRY_WHILE(database.create_tables(kSchema), "making the tables of the build cache");
  return BuildCache(database, snapshots, data_root);
}

base::Result<> BuildCache::hold(const std::vector<std::string>& layers, const std::string& holder) {
  return database_->transaction([&]() -> base::Result<> {
    for (const std::string& layer : layers) TRY(snapshots_->hold(layer, holder));
    return {};
  });
}

base::Result<std::optional<CachedLayer>> BuildCache::find(const std::string& key, const std::string& below) {
  std::optional<CachedLayer> found;
  TRY(database_->run("SELECT layer, created_ns, below FROM build_cache WHERE key = ? AND below IN ('', ?)",
                     {key, below}, [&](const sys::Row& row) {
                       found = CachedLayer{
                           .layer = row.text(0), .created_ns = row.integer(1), .below = row.text(2)};
                     }));
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
        "INSERT OR REPLACE INTO build_cache (key, layer, description, created_ns, used_ns, below) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        {key, layer.layer, std::string(description), layer.created_ns, base::now_ns(), layer.below});
  }));
  TRY(snapshots_->remove_unheld(unheld));
  return {};
}

base::Result<> BuildCache::touch(const std::vector<std::string>& keys) {
  if (keys.empty()) return {};
  const std::int64_t now = base::now_ns();
  return database_->transaction([&]() -> base::Result<> {
    for (const std::string& key : keys) {
      TRY(database_->run("UPDATE build_cache SET used_ns = ?, uses = uses + 1 WHERE key = ? AND used_ns < ?",
                         {now, key, now - kOneUseNs}));
    }
    return {};
  });
}

base::Result<std::optional<std::string>> BuildCache::find_link(const std::string& cheap_key,
                                                               const std::string& origin) {
  std::optional<std::string> found;
  TRY(database_->run("SELECT key FROM build_cache_links WHERE cheap_key = ? AND origin = ?",
                     {cheap_key, origin}, [&](const sys::Row& row) { found = row.text(0); }));
  return found;
}

base::Result<> BuildCache::record_link(const std::string& cheap_key, const std::string& key,
                                       const std::string& origin) {
  return database_->run("INSERT OR REPLACE INTO build_cache_links (cheap_key, key, origin) VALUES (?, ?, ?)",
                        {cheap_key, key, origin});
}

std::optional<std::string> BuildCache::find_memory(const std::string& slot) const {
  auto bytes = sys::read_file(memories_ + "/" + slot, kLargestMemory);
  return bytes ? std::optional(std::move(*bytes)) : std::nullopt;
}

base::Result<> BuildCache::record_memory(const std::string& slot, const CopyMemory& memory) {
  TRY(sys::make_directories(memories_, 0700));
  TRY(sys::write_file(memories_ + "/" + slot, encode(memory)));
  return forget_old_memories();
}

base::Result<> BuildCache::forget_old_memories() {
  std::vector<std::string> names = TRY(sys::list_directory(memories_));
  if (names.size() <= kMostMemories) return {};
  const sys::UniqueFd folder = TRY(sys::open_file(memories_, O_PATH | O_DIRECTORY));
  std::vector<std::pair<std::int64_t, std::string>> by_age;
  for (std::string& name : names) {
    const auto status = TRY(sys::stat_at(folder.value(), name));
    if (status) by_age.emplace_back(status->st_mtim.tv_sec, std::move(name));
  }
  std::sort(by_age.begin(), by_age.end());
  for (std::size_t i = 0; i < by_age.size() / 2; ++i) TRY(sys::remove_at(folder.value(), by_age[i].second));
  return {};
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
