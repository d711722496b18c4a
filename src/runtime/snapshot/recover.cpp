// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "base/split.h"
#include "runtime/snapshot/snapshot_store.h"
#include "runtime/snapshot/trash.h"
#include "sys/file.h"
#include "sys/file_lock.h"
#include "sys/process_identity.h"
#include "sys/tree_copy.h"

namespace runtime::snapshot {
namespace {

constexpr std::string_view kProcessPrefix = "process:";

std::int64_t to_number(std::string_view text) {
  std::int64_t number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// "process:<pid>:<start>:<purpose>"
sys::ProcessIdentity process_of(std::string_view holder) {
  holder.remove_prefix(kProcessPrefix.size());
  const auto [pid, rest] = base::split_once(holder, ':');
  return {to_number(pid), to_number(base::split_once(rest, ':').first)};
}

}  // namespace

base::Result<Sweep> SnapshotStore::recover() {
  Sweep sweep;
  const auto alone = TRY(sys::try_lock_file(root_ + "/.lock"));
  if (!alone) return sweep;
  // First: on a full disk nothing can be recorded before something is gone.
  const std::string trash = root_ + "/.trash";
  if (sys::path_exists(trash) && !TRY(sys::list_directory(trash)).empty()) trash_->empty();
  TRY(sweep_holders());
  TRY(sweep_records(sweep));
  TRY(sweep_folders(sweep));
  return sweep;
}

base::Result<> SnapshotStore::restore(const std::string& id, const std::string& source) {
  const sys::UniqueFd changing = TRY(sys::lock_file_shared(root_ + "/.lock"));
  TRY(move_to_trash(id));
  TRY(sys::remove_tree(root_ + "/" + source + "/work"));
  // A death between these two leaves a folder without a record or a layer without a folder: a check finds
  // both.
  TRY(sys::rename_path(root_ + "/" + source, root_ + "/" + id));
  const sys::UniqueFd folder = TRY(sys::open_file(fs_path(id), O_RDONLY | O_DIRECTORY));
  const sys::TreeUsage usage = TRY(sys::measure_tree(folder.value()));
  const sys::ProcessIdentity owner = sys::own_identity();
  std::vector<std::string> free;
  TRY(database_.transaction([&]() -> base::Result<> {
    constexpr std::int64_t kCommitted = 1;
    TRY(database_.run("DELETE FROM snapshots WHERE id = ?", {source}));
    // What it needed of its base is in its own folder now.
    TRY(database_.run("DELETE FROM snapshot_bases WHERE snapshot = ?", {id}));
    free = TRY(release(base_holder(id)));
    TRY(
        database_.run("INSERT INTO snapshots (id, state, owner_pid, owner_start) VALUES (?, ?, ?, ?) "
                      "ON CONFLICT (id) DO UPDATE SET state = excluded.state, bytes = -1",
                      {id, kCommitted, owner.pid, owner.start_ticks}));
    return record_shape(id, {usage.entries, usage.content});
  }));
  TRY(remove_free(std::move(free)));
  return {};
}

base::Result<> SnapshotStore::sweep_holders() {
  std::vector<std::string> dead;
  TRY(database_.run(
      "SELECT DISTINCT holder FROM snapshot_holds WHERE holder >= 'process:' AND holder < 'process;'", {},
      [&](const sys::Row& row) {
        if (!sys::is_alive(process_of(row.text(0)))) dead.push_back(row.text(0));
      }));
  for (const std::string& holder : dead) {
    TRY(database_.run("DELETE FROM snapshot_holds WHERE holder = ?", {holder}));
  }
  return {};
}

base::Result<> SnapshotStore::sweep_records(Sweep& sweep) {
  struct Record {
    std::string id;
    std::int64_t state;
    sys::ProcessIdentity owner;
    bool held;
  };
  std::vector<Record> records;
  TRY(database_.run(
      "SELECT id, state, owner_pid, owner_start, "
      "EXISTS (SELECT 1 FROM snapshot_holds WHERE snapshot = id) FROM snapshots",
      {}, [&](const sys::Row& row) {
        records.push_back(
            {row.text(0), row.integer(1), {row.integer(2), row.integer(3)}, row.integer(4) != 0});
      }));
  std::vector<std::string> free;
  for (const Record& record : records) {
    const bool owner_gone = record.owner.pid != 0 && !sys::is_alive(record.owner);
    const bool folder_gone = !sys::path_exists(fs_path(record.id));
    // A held layer without its folder is damage for a check to report, not something to forget here.
    const bool forget = !record.held && (owner_gone || folder_gone);
    if (!forget) continue;
    TRY(database_.transaction([&]() -> base::Result<> {
      for (std::string& base : TRY(delete_record(record.id))) free.push_back(std::move(base));
      return {};
    }));
    TRY(move_to_trash(record.id));
    sweep.removed_records.push_back(record.id);
  }
  TRY(remove_free(std::move(free)));
  return {};
}

base::Result<> SnapshotStore::sweep_folders(Sweep& sweep) {
  std::set<std::string> known;
  TRY(database_.run("SELECT id FROM snapshots", {}, [&](const sys::Row& row) { known.insert(row.text(0)); }));
  for (const std::string& name : TRY(sys::list_directory(root_))) {
    if (name == ".lock" || name == ".trash" || known.contains(name)) continue;
    TRY(move_to_trash(name));
    sweep.removed_folders.push_back(name);
  }
  return {};
}

}  // namespace runtime::snapshot
