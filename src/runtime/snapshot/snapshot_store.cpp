// SPDX-License-Identifier: Apache-2.0
#include "runtime/snapshot/snapshot_store.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "runtime/snapshot/merged_folder.h"
#include "runtime/snapshot/trash.h"
#include "sys/file.h"
#include "sys/file_lock.h"
#include "sys/overlay_probe.h"
#include "sys/process_identity.h"
#include "sys/sha256.h"
#include "sys/tree_copy.h"

namespace runtime::snapshot {
namespace {

// owner_pid 0: kept until remove(). bytes -1: not counted yet.
constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS snapshots (
  id TEXT PRIMARY KEY, state INTEGER NOT NULL, owner_pid INTEGER NOT NULL, owner_start INTEGER NOT NULL,
  bytes INTEGER NOT NULL DEFAULT -1, entries INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS snapshot_holds (
  snapshot TEXT NOT NULL REFERENCES snapshots(id), holder TEXT NOT NULL,
  PRIMARY KEY (snapshot, holder)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS snapshot_holds_by_holder ON snapshot_holds(holder);
CREATE TABLE IF NOT EXISTS snapshot_bases (
  snapshot TEXT PRIMARY KEY REFERENCES snapshots(id) ON DELETE CASCADE, base TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS snapshot_shapes (
  snapshot TEXT PRIMARY KEY REFERENCES snapshots(id) ON DELETE CASCADE,
  entries INTEGER NOT NULL, content INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS snapshot_bases_by_base ON snapshot_bases(base);
CREATE TABLE IF NOT EXISTS snapshot_overlay_places (place TEXT PRIMARY KEY) WITHOUT ROWID;
)sql";

constexpr std::int64_t kWritable = 0;
constexpr std::int64_t kCommitted = 1;

bool is_layer_id(std::string_view id) {
  return id.size() == 64 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

base::Result<> check_layer_id(const std::string& id) {
  if (is_layer_id(id)) return {};
  return base::fail(base::ErrorClass::Invalid,
                    fmt::format("\"{}\" is no layer id: it takes 64 hex digits", id));
}

base::Error no_layer(const std::string& id) {
  return base::make_error(base::ErrorClass::NotFound, fmt::format("no such layer: {}", id))
      .with_hint("'compose system check --repair' finds what else is missing");
}

}  // namespace

SnapshotStore::SnapshotStore(sys::Database& database, std::string data_root, std::string boot_id_file)
    : database_(database),
      root_(std::move(data_root) + "/snapshots"),
      trash_(std::make_unique<Trash>(root_ + "/.trash")),
      settling_(database, root_, std::move(boot_id_file)) {}

SnapshotStore::~SnapshotStore() = default;

base::Result<std::unique_ptr<SnapshotStore>> SnapshotStore::open(sys::Database& database,
                                                                 std::string data_root,
                                                                 std::string boot_id_file) {
  TRY_WHILE(database.create_tables(kSchema), "making the tables of the layers");
  TRY(Settling::make_tables(database));
  std::unique_ptr<SnapshotStore> store(
      new SnapshotStore(database, std::move(data_root), std::move(boot_id_file)));
  TRY(sys::make_directories(store->root_, 0711));
  return store;
}

Method SnapshotStore::method() {
  const std::lock_guard lock(mutex_);
  if (!method_) method_ = overlay_works_here() ? Method::Overlay : Method::Copy;
  return *method_;
}

bool SnapshotStore::overlay_works_here() {
  const auto place = sys::overlay_place(root_);
  if (!place) return sys::overlay_works(root_);
  bool known = false;
  const auto read = database_.run("SELECT 1 FROM snapshot_overlay_places WHERE place = ?", {*place},
                                  [&](const sys::Row&) { known = true; });
  if (read && known) return true;
  if (!sys::overlay_works(root_)) return false;
  // When this is not written down, the next process tries again.
  static_cast<void>(database_.run(
      "INSERT INTO snapshot_overlay_places (place) VALUES (?) ON CONFLICT DO NOTHING", {*place}));
  return true;
}

std::string SnapshotStore::fs_path(const std::string& id) const { return root_ + "/" + id + "/fs"; }

WritableLayer SnapshotStore::folders_of(const std::string& id) const {
  return {id, fs_path(id), root_ + "/" + id + "/work"};
}

base::Result<WritableLayer> SnapshotStore::prepare(Lifetime lifetime, std::string id) {
  if (id.empty()) id = sys::random_hex(32);
  TRY(check_layer_id(id));
  // Shared with every other change; recover() takes it alone, so it never sees a record without folder.
  const sys::UniqueFd changing = TRY(sys::lock_file_shared(root_ + "/.lock"));
  const sys::ProcessIdentity owner =
      lifetime == Lifetime::Process ? sys::own_identity() : sys::ProcessIdentity{};
  bool inserted = false;
  TRY(database_.run(
      "INSERT INTO snapshots (id, state, owner_pid, owner_start) VALUES (?, ?, ?, ?) "
      "ON CONFLICT DO NOTHING RETURNING 1",
      {id, kWritable, owner.pid, owner.start_ticks}, [&](const sys::Row&) { inserted = true; }));
  if (!inserted) return base::fail(base::ErrorClass::Conflict, fmt::format("layer {} exists already", id));
  WritableLayer layer = folders_of(id);
  const auto made = [&]() -> base::Result<> {
    TRY(sys::make_directories(root_ + "/" + id, 0711));
    TRY(sys::make_directories(layer.fs, 0755));
    return sys::make_directories(layer.work, 0700);
  }();
  if (!made) {
    static_cast<void>(database_.run("DELETE FROM snapshots WHERE id = ?", {id}));
    return base::fail(made.error());
  }
  return layer;
}

base::Result<PreparedRoot> SnapshotStore::prepare_root(const std::vector<std::string>& layers,
                                                       Lifetime lifetime, std::string id) {
  WritableLayer layer = TRY(prepare(lifetime, std::move(id)));
  auto root = make_root(layer, layers);
  if (root && root->method == Method::Copy) {
    // Copied bottom first, so that an upper layer's whiteouts take effect.
    const auto copied = [&]() -> base::Result<> {
      const sys::UniqueFd target = TRY(sys::open_file(layer.fs, O_RDONLY | O_DIRECTORY));
      const std::vector<std::string> folders = TRY(lower_dirs(layers));
      for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
        const sys::UniqueFd source = TRY(sys::open_file(*folder, O_RDONLY | O_DIRECTORY));
        TRY_WHILE(sys::copy_tree(source.value(), target.value(), sys::Whiteouts::Apply),
                  fmt::format("copying {}", *folder));
      }
      return {};
    }();
    if (!copied) root = base::fail(copied.error());
  }
  if (!root) static_cast<void>(remove(layer.id));
  return root;
}

base::Result<PreparedRoot> SnapshotStore::make_root(WritableLayer layer,
                                                    const std::vector<std::string>& layers) {
  PreparedRoot root;
  root.method = method();
  root.layer = std::move(layer);
  std::vector<std::string> lower = TRY(lower_dirs(layers));
  if (root.method == Method::Overlay) root.lower_dirs = std::move(lower);
  return root;
}

base::Result<PreparedRoot> SnapshotStore::open_root(const std::string& id,
                                                    const std::vector<std::string>& layers) {
  bool found = false;
  TRY(database_.run("SELECT 1 FROM snapshots WHERE id = ? AND state = ?", {id, kWritable},
                    [&](const sys::Row&) { found = true; }));
  if (!found) return base::fail(no_layer(id));
  return make_root(folders_of(id), layers);
}

base::Result<> SnapshotStore::keep(const std::string& id) {
  bool found = false;
  TRY(database_.run(
      "UPDATE snapshots SET owner_pid = 0, owner_start = 0 WHERE id = ? AND state = ? RETURNING 1",
      {id, kWritable}, [&](const sys::Row&) { found = true; }));
  if (!found) return base::fail(no_layer(id));
  return {};
}

base::Result<> SnapshotStore::commit(const std::string& id, const std::string& base) {
  TRY(check_layer_id(id));
  const sys::UniqueFd changing = TRY(sys::lock_file_shared(root_ + "/.lock"));
  const sys::UniqueFd folder = TRY(sys::open_file(fs_path(id), O_RDONLY | O_DIRECTORY));
  const sys::TreeUsage usage = TRY(sys::measure_tree(folder.value()));
  const sys::ProcessIdentity owner = sys::own_identity();
  TRY(database_.transaction([&]() -> base::Result<> {
    if (!base.empty()) {
      TRY(hold(base, base_holder(id)));
      if (!TRY(base_of(base)).empty()) return base::fail(no_layer(base));
      TRY(database_.run("INSERT INTO snapshot_bases (snapshot, base) VALUES (?, ?)", {id, base}));
    }
    bool found = false;
    TRY(database_.run(
        "UPDATE snapshots SET state = ?, bytes = ?, entries = ?, owner_pid = ?, owner_start = ? "
        "WHERE id = ? AND state = ? RETURNING 1",
        {kCommitted, usage.bytes, usage.entries, owner.pid, owner.start_ticks, id, kWritable},
        [&](const sys::Row&) { found = true; }));
    if (!found) return base::fail(no_layer(id));
    return record_shape(id, {usage.entries, usage.content});
  }));
  return sys::remove_tree(folders_of(id).work);
}

base::Result<> SnapshotStore::record_shape(const std::string& id, const TreeShape& shape) {
  TRY(database_.run("INSERT OR REPLACE INTO snapshot_shapes (snapshot, entries, content) VALUES (?, ?, ?)",
                    {id, shape.entries, shape.content}));
  return settling_.add(id, shape);
}

base::Result<bool> SnapshotStore::has_shape(const std::string& id) {
  std::optional<TreeShape> shape;
  TRY(database_.run("SELECT entries, content FROM snapshot_shapes WHERE snapshot = ?", {id},
                    [&](const sys::Row& row) {
                      shape = {row.integer(0), row.integer(1)};
                    }));
  return !shape || TRY(measure_shape(fs_path(id))) == *shape;
}

std::vector<std::string> SnapshotStore::chain_after_commit(std::vector<std::string> layers,
                                                           const std::string& id) {
  if (method() == Method::Copy) layers.clear();
  layers.push_back(id);
  return layers;
}

base::Result<> SnapshotStore::hold(const std::string& layer, const std::string& holder) {
  bool found = false;
  TRY(database_.run(
      "INSERT INTO snapshot_holds (snapshot, holder) SELECT id, ? FROM snapshots "
      "WHERE id = ? AND state = ? ON CONFLICT DO UPDATE SET holder = excluded.holder RETURNING 1",
      {holder, layer, kCommitted}, [&](const sys::Row&) { found = true; }));
  if (!found) return base::fail(no_layer(layer));
  return {};
}

base::Result<std::vector<std::string>> SnapshotStore::release(const std::string& holder) {
  std::vector<std::string> held;
  TRY(database_.run("DELETE FROM snapshot_holds WHERE holder = ? RETURNING snapshot", {holder},
                    [&](const sys::Row& row) { held.push_back(row.text(0)); }));
  std::vector<std::string> free;
  for (const std::string& layer : held) {
    bool used = false;
    TRY(database_.run("SELECT 1 FROM snapshot_holds WHERE snapshot = ? LIMIT 1", {layer},
                      [&](const sys::Row&) { used = true; }));
    if (!used) free.push_back(layer);
  }
  return free;
}

base::Result<std::int64_t> SnapshotStore::remove_unheld(const std::vector<std::string>& layers) {
  const sys::UniqueFd changing = TRY(sys::lock_file_shared(root_ + "/.lock"));
  return remove_free(layers);
}

base::Result<std::int64_t> SnapshotStore::remove_free(std::vector<std::string> layers) {
  std::int64_t freed = 0;
  while (!layers.empty()) {
    const std::string layer = std::move(layers.back());
    layers.pop_back();
    const std::int64_t bytes = is_committed(layer) ? TRY(usage(layer)).bytes : 0;
    bool gone = false;
    TRY(database_.transaction([&]() -> base::Result<> {
      TRY(
          database_.run("DELETE FROM snapshots WHERE id = ? AND state = ? AND NOT EXISTS "
                        "(SELECT 1 FROM snapshot_holds WHERE snapshot = snapshots.id) RETURNING 1",
                        {layer, kCommitted}, [&](const sys::Row&) { gone = true; }));
      if (!gone) return {};
      std::vector<std::string> bases = TRY(release(base_holder(layer)));
      std::move(bases.begin(), bases.end(), std::back_inserter(layers));
      return {};
    }));
    if (!gone) continue;
    freed += bytes;
    TRY(move_to_trash(layer));
  }
  return freed;
}

base::Result<std::vector<std::string>> SnapshotStore::delete_record(const std::string& id) {
  TRY(database_.run("DELETE FROM snapshots WHERE id = ?", {id}));
  return release(base_holder(id));
}

base::Result<> SnapshotStore::forget(const std::string& id) {
  return database_.transaction([&]() -> base::Result<> {
    for (const std::string& patch : TRY(patches_of(id))) TRY(forget(patch));
    TRY(database_.run("DELETE FROM snapshot_holds WHERE snapshot = ?", {id}));
    // A base that nobody holds then is swept by recover(): the process that made it may be gone.
    static_cast<void>(TRY(delete_record(id)));
    return {};
  });
}

std::string SnapshotStore::process_holder(std::string_view purpose) {
  const sys::ProcessIdentity own = sys::own_identity();
  return fmt::format("process:{}:{}:{}", own.pid, own.start_ticks, purpose);
}

base::Result<> SnapshotStore::remove(const std::string& id) {
  TRY(check_layer_id(id));
  const sys::UniqueFd changing = TRY(sys::lock_file_shared(root_ + "/.lock"));
  std::vector<std::string> free;
  TRY(database_.transaction([&]() -> base::Result<> {
    bool held = false;
    TRY(database_.run("SELECT 1 FROM snapshot_holds WHERE snapshot = ? LIMIT 1", {id},
                      [&](const sys::Row&) { held = true; }));
    if (held) return base::fail(base::ErrorClass::Conflict, fmt::format("layer {} is in use", id));
    // The folder first: on a full disk the record cannot be written before something is gone, and recover()
    // knows what to do with a record without folder.
    TRY(move_to_trash(id));
    free = TRY(delete_record(id));
    return {};
  }));
  TRY(remove_free(std::move(free)));
  return {};
}

base::Result<> SnapshotStore::move_to_trash(const std::string& id) {
  auto moved = trash_->take(root_ + "/" + id);
  // No room even for the trash's own folder.
  if (!moved && moved.error().errno_value == ENOSPC) return sys::remove_tree(root_ + "/" + id);
  return moved;
}

base::Result<std::vector<std::string>> SnapshotStore::lower_dirs(const std::vector<std::string>& layers) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& layer) {
    std::string folder = fs_path(layer);
    // Overlayfs refuses a folder twice. Whatever the lower one could show, the upper one shows already.
    if (std::find(out.begin(), out.end(), folder) == out.end()) out.push_back(std::move(folder));
  };
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    bool found = false;
    std::string base;
    TRY(database_.run(
        "SELECT base FROM snapshots LEFT JOIN snapshot_bases ON snapshot = id WHERE id = ? AND state = ?",
        {*layer, kCommitted}, [&](const sys::Row& row) {
          found = true;
          base = row.text(0);
        }));
    if (!found) return base::fail(no_layer(*layer));
    add(*layer);
    if (!base.empty()) add(base);
  }
  return out;
}

base::Result<sys::UniqueFd> SnapshotStore::open_layer(const std::string& id) {
  return open_merged(TRY(lower_dirs({id})));
}

base::Result<std::string> SnapshotStore::base_of(const std::string& id) {
  std::string base;
  TRY(database_.run("SELECT base FROM snapshot_bases WHERE snapshot = ?", {id},
                    [&](const sys::Row& row) { base = row.text(0); }));
  return base;
}

base::Result<std::vector<std::string>> SnapshotStore::patches_of(const std::string& id) {
  std::vector<std::string> out;
  TRY(database_.run("SELECT snapshot FROM snapshot_bases WHERE base = ?", {id},
                    [&](const sys::Row& row) { out.push_back(row.text(0)); }));
  return out;
}

base::Result<std::vector<std::string>> SnapshotStore::with_bases(const std::vector<std::string>& layers) {
  std::set<std::string> all(layers.begin(), layers.end());
  TRY(database_.run("SELECT snapshot, base FROM snapshot_bases", {}, [&](const sys::Row& row) {
    if (all.contains(row.text(0))) all.insert(row.text(1));
  }));
  return std::vector<std::string>(all.begin(), all.end());
}

bool SnapshotStore::is_committed(const std::string& id) {
  bool found = false;
  const auto read = database_.run("SELECT 1 FROM snapshots WHERE id = ? AND state = ?", {id, kCommitted},
                                  [&](const sys::Row&) { found = true; });
  return read && found;
}

base::Result<std::vector<std::string>> SnapshotStore::list_by_state(std::int64_t state) {
  std::vector<std::string> out;
  TRY(database_.run("SELECT id FROM snapshots WHERE state = ? ORDER BY id", {state},
                    [&](const sys::Row& row) { out.push_back(row.text(0)); }));
  return out;
}

base::Result<std::vector<std::string>> SnapshotStore::list_committed() { return list_by_state(kCommitted); }
base::Result<std::vector<std::string>> SnapshotStore::list_writable() { return list_by_state(kWritable); }

base::Result<Usage> SnapshotStore::usage(const std::string& id) {
  Usage usage{-1, 0};
  std::int64_t state = -1;
  TRY(database_.run("SELECT bytes, entries, state FROM snapshots WHERE id = ?", {id},
                    [&](const sys::Row& row) {
                      usage = {row.integer(0), row.integer(1)};
                      state = row.integer(2);
                    }));
  if (state < 0) return base::fail(no_layer(id));
  if (usage.bytes >= 0) return usage;
  const sys::UniqueFd folder = TRY(sys::open_file(fs_path(id), O_RDONLY | O_DIRECTORY));
  const sys::TreeUsage measured = TRY(sys::measure_tree(folder.value()));
  usage = {measured.bytes, measured.entries};
  if (state == kCommitted) {
    TRY(database_.run("UPDATE snapshots SET bytes = ?, entries = ? WHERE id = ?",
                      {usage.bytes, usage.entries, id}));
  }
  return usage;
}

void SnapshotStore::wait_for_trash() { trash_->wait(); }

}  // namespace runtime::snapshot
