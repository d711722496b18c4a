// SPDX-License-Identifier: Apache-2.0
#include "runtime/snapshot/settling.h"

#include <fcntl.h>

#include "base/clock.h"
#include "sys/disk_sync.h"
#include "sys/file.h"
#include "sys/tree_copy.h"

namespace runtime::snapshot {
namespace {

// written: nanoseconds since 1970. entries and content: -1 when only a blob of the layer is new.
constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS snapshots_unsettled (
  snapshot TEXT PRIMARY KEY REFERENCES snapshots(id) ON DELETE CASCADE, boot TEXT NOT NULL,
  written INTEGER NOT NULL, entries INTEGER NOT NULL, content INTEGER NOT NULL) WITHOUT ROWID;
)sql";

/// The kernel writes what is older than half a minute; before that a sync would have real work to do.
constexpr std::int64_t kOldEnoughNs = 60'000'000'000;

}  // namespace

base::Result<> Settling::make_tables(sys::Database& database) { return database.create_tables(kSchema); }

Settling::Settling(sys::Database& database, std::string folder, std::string boot_id_file)
    : database_(database), folder_(std::move(folder)), boot_id_file_(std::move(boot_id_file)) {}

Settling::~Settling() {
  if (!thread_.joinable()) return;
  thread_.join();
  if (!synced_) return;
  // What cannot be recorded now is found again by the next command.
  static_cast<void>(database_.transaction([&]() -> base::Result<> {
    for (const auto& [layer, written] : aged_) {
      TRY(database_.run("DELETE FROM snapshots_unsettled WHERE snapshot = ? AND written = ?",
                        {layer, written}));
    }
    return {};
  }));
}

base::Result<std::string> Settling::boot_id() {
  const std::lock_guard lock(mutex_);
  if (boot_id_.empty()) boot_id_ = TRY(sys::read_boot_id(boot_id_file_));
  return boot_id_;
}

base::Result<> Settling::insert(const std::string& layer, std::int64_t entries, std::int64_t content) {
  return database_.run(
      "INSERT INTO snapshots_unsettled (snapshot, boot, written, entries, content) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (snapshot) DO UPDATE SET boot = excluded.boot, written = excluded.written, "
      "entries = max(entries, excluded.entries), content = max(content, excluded.content) "
      // One of another boot has not been looked at yet.
      "WHERE boot = excluded.boot",
      {layer, TRY(boot_id()), base::now_ns(), entries, content});
}

base::Result<> Settling::add(const std::string& layer, const TreeShape& shape) {
  TRY(settle(layer));
  return insert(layer, shape.entries, shape.content);
}

base::Result<> Settling::add_blob(const std::string& layer) { return insert(layer, -1, -1); }

base::Result<> Settling::settle(const std::string& layer) {
  return database_.run("DELETE FROM snapshots_unsettled WHERE snapshot = ?", {layer});
}

base::Result<TreeShape> measure_shape(const std::string& folder) {
  const auto fd = sys::open_file(folder, O_RDONLY | O_DIRECTORY);
  if (!fd && fd.error().error_class == base::ErrorClass::NotFound) return TreeShape{-1, 0};
  if (!fd) return base::fail(fd.error());
  const sys::TreeUsage now = TRY(sys::measure_tree(fd->value()));
  return TreeShape{now.entries, now.content};
}

base::Result<bool> Settling::is_in_doubt(const std::string& layer) {
  std::string boot;
  TRY(database_.run("SELECT boot FROM snapshots_unsettled WHERE snapshot = ?", {layer},
                    [&](const sys::Row& row) { boot = row.text(0); }));
  return !boot.empty() && boot != TRY(boot_id());
}

base::Result<bool> Settling::is_whole(const Unsettled& unsettled) const {
  const TreeShape& shape = unsettled.shape;
  return shape.entries < 0 || TRY(measure_shape(folder_ + "/" + unsettled.layer + "/fs")) == shape;
}

base::Result<std::vector<Unsettled>> Settling::find() {
  struct Record {
    std::string layer, boot;
    std::int64_t written, entries, content;
  };
  std::vector<Record> records;
  TRY(database_.run(
      "SELECT snapshot, boot, written, entries, content FROM snapshots_unsettled", {},
      [&](const sys::Row& row) {
        records.push_back({row.text(0), row.text(1), row.integer(2), row.integer(3), row.integer(4)});
      }));
  std::vector<Unsettled> out;
  if (!thread_.joinable()) aged_.clear();
  const std::int64_t now = base::now_ns();
  for (const Record& record : records) {
    if (record.boot != TRY(boot_id())) {
      out.push_back({record.layer, {record.entries, record.content}});
    } else if (!thread_.joinable() && (now - record.written > kOldEnoughNs || record.written > now)) {
      // Later than now: the clock was set back.
      aged_.emplace_back(record.layer, record.written);
    }
  }
  return out;
}

base::Result<> Settling::settle_in_background(std::int64_t most_to_write) {
  if (aged_.empty() || thread_.joinable() || TRY(sys::unwritten_bytes()) > most_to_write) return {};
  thread_ = std::jthread([this] {
    const auto folder = sys::open_file(folder_, O_RDONLY | O_DIRECTORY);
    synced_ = folder && sys::sync_file_system(folder->value());
  });
  return {};
}

}  // namespace runtime::snapshot
