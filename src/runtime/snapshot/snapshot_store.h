// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/snapshot/settling.h"
#include "sys/database.h"
#include "sys/disk_sync.h"
#include "sys/fd.h"

namespace runtime::snapshot {

/// How roots are put together here: by overlayfs, or by copying the layers where that is not to be had.
enum class Method { Overlay, Copy };

/// Who takes care that a writable layer goes away.
enum class Lifetime {
  Process,  ///< recover() removes it once the process that prepared it is gone (a build step).
  Kept,     ///< It stays until remove() (a container).
};

/// A layer that may be written to. Both folders are absolute paths on one file system, owned by root.
struct WritableLayer {
  std::string id;
  std::string fs;    ///< Overlay's upperdir.
  std::string work;  ///< Overlay's workdir; empty before a mount, never looked into.
};

/// A root to run something on. With Method::Overlay: mount `lower_dirs` (top first) under `layer`; no
/// lower dir means that `layer.fs` alone is the root. With Method::Copy `layer.fs` already is the root.
struct PreparedRoot {
  Method method = Method::Overlay;
  WritableLayer layer;
  std::vector<std::string> lower_dirs;
};

struct Usage {
  std::int64_t bytes = 0;    ///< Blocks on disk.
  std::int64_t entries = 0;  ///< Files, folders and links.
};

/// What recover() or a check put right.
struct Sweep {
  std::vector<std::string> removed_folders;  ///< Folders that no record spoke of.
  std::vector<std::string> removed_records;  ///< Records whose folder is gone, or whose owner died.
};

class Trash;

/// Layers on disk, under `<data root>/snapshots/<id>/fs`, in the form overlayfs wants: a removed name is
/// a character device 0:0, an opaque folder has trusted.overlay.opaque=y. A layer needs no parent to be
/// made. Life: prepare → (commit → hold/release by name | remove). A committed layer goes away when its
/// last holder lets go. Safe for several threads and processes; a killed process leaves nothing that
/// recover() does not sweep.
///
/// A layer may have another committed one as its base: then its folder has only what differs, and the two
/// folders together are the layer, in every chain it stands in. A base has no base of its own, and stays as
/// long as a layer needs it.
class SnapshotStore {
 public:
  /// `data_root` exists or is made. Cheap: makes tables and nothing else. `boot_id_file`: see Settling.
  static base::Result<std::unique_ptr<SnapshotStore>> open(sys::Database& database, std::string data_root,
                                                           std::string boot_id_file = sys::kBootIdFile);
  ~SnapshotStore();
  SnapshotStore(const SnapshotStore&) = delete;
  SnapshotStore& operator=(const SnapshotStore&) = delete;

  /// Whether overlayfs works on the data root; that it does is remembered for the running kernel.
  Method method();

  /// An empty writable layer. `id` (64 hex digits) may be chosen by the caller: Conflict when taken.
  base::Result<WritableLayer> prepare(Lifetime lifetime, std::string id = "");
  /// A writable layer over `layers` (bottom first), which must all be committed.
  base::Result<PreparedRoot> prepare_root(const std::vector<std::string>& layers, Lifetime lifetime,
                                          std::string id = "");
  /// The root of a writable layer prepared earlier, over the same `layers`.
  base::Result<PreparedRoot> open_root(const std::string& id, const std::vector<std::string>& layers);
  /// Makes a layer prepared with Lifetime::Process stay until remove().
  base::Result<> keep(const std::string& id);

  /// Turns a writable layer into a committed one: no copy, its id stays. Nothing may be mounted on it
  /// any more. Until somebody holds it, recover() removes it when the process that prepared it is gone.
  /// With `base`, a committed layer without one of its own (NotFound otherwise), `id` holds only what
  /// differs from that, and hides nothing of it.
  base::Result<> commit(const std::string& id, const std::string& base = "");
  /// The layer's base; empty: it has none.
  base::Result<std::string> base_of(const std::string& id);
  /// The layers that `id` is the base of.
  base::Result<std::vector<std::string>> patches_of(const std::string& id);
  /// `layers` and the bases of those that have one, each once.
  base::Result<std::vector<std::string>> with_bases(const std::vector<std::string>& layers);
  /// Puts the content of the writable layer `source` in place of the damaged or lost layer `id`, which is
  /// committed afterwards; `source` is gone. Nothing may be mounted on either.
  base::Result<> restore(const std::string& id, const std::string& source);
  /// The chain after committing `id` over `layers`: with Method::Copy the layer holds the whole root, so
  /// it stands alone.
  std::vector<std::string> chain_after_commit(std::vector<std::string> layers, const std::string& id);

  /// `holder` ("image:<id>", "build:<key>") needs the committed layer. Call inside the transaction that
  /// records the holder. Holding twice is success. NotFound when there is no such committed layer.
  base::Result<> hold(const std::string& layer, const std::string& holder);
  /// Lets go of all layers of `holder`; returns those that nobody holds now. May be called inside a
  /// transaction; give the answer to remove_unheld() when that is done.
  base::Result<std::vector<std::string>> release(const std::string& holder);
  /// Removes those of `layers` that still nobody holds; returns the bytes that frees.
  base::Result<std::int64_t> remove_unheld(const std::vector<std::string>& layers);
  /// A holder that lasts as long as this process: recover() lets go for it when it is gone.
  static std::string process_holder(std::string_view purpose);

  /// Takes the record of a layer that is damaged for good away, whoever holds it, and those of the layers it
  /// is the base of: their holders find them gone. recover() sweeps the folders.
  base::Result<> forget(const std::string& id);
  /// Removes a writable layer, or a committed one nobody holds (Conflict otherwise). Returns at once:
  /// the folder is renamed away and deleted by a background thread. NotFound is success.
  base::Result<> remove(const std::string& id);

  /// The `fs` folders of committed layers and their bases, top first, for overlay's lowerdir. `layers` bottom
  /// first; of one that is there several times (images repeat empty layers) only the topmost counts.
  base::Result<std::vector<std::string>> lower_dirs(const std::vector<std::string>& layers);
  /// The committed layer as one folder, for reading, its base included.
  base::Result<sys::UniqueFd> open_layer(const std::string& id);
  /// `<data root>/snapshots/<id>/fs`, without the base; the layer need not exist.
  std::string fs_path(const std::string& id) const;
  bool is_committed(const std::string& id);
  /// Whether the folder of a committed layer, without its base, has as many names and bytes as when it was
  /// committed. Looks at every file. True where that is not known: older versions did not write it down.
  base::Result<bool> has_shape(const std::string& id);

  /// Committed layers and those being written, by id.
  base::Result<std::vector<std::string>> list_committed();
  base::Result<std::vector<std::string>> list_writable();

  /// Disk use of one layer alone, without its base. For a committed layer counted once and remembered.
  base::Result<Usage> usage(const std::string& id);

  /// Sweeps what killed processes left: folders without record, records without folder, layers of dead
  /// processes that nobody holds, and the trash. Does nothing while another process changes the store.
  base::Result<Sweep> recover();

  /// Which layers may be recorded without being on disk.
  Settling& settling() { return settling_; }

  /// Waits until the background thread has deleted what was removed.
  void wait_for_trash();

 private:
  SnapshotStore(sys::Database& database, std::string data_root, std::string boot_id_file);
  bool overlay_works_here();
  base::Result<> move_to_trash(const std::string& id);
  base::Result<std::vector<std::string>> list_by_state(std::int64_t state);
  base::Result<PreparedRoot> make_root(WritableLayer layer, const std::vector<std::string>& layers);
  WritableLayer folders_of(const std::string& id) const;
  /// Who holds a base for the sake of `layer`.
  static std::string base_holder(const std::string& layer) { return "layer:" + layer; }
  base::Result<> record_shape(const std::string& id, const TreeShape& shape);
  base::Result<std::vector<std::string>> delete_record(const std::string& id);
  base::Result<std::int64_t> remove_free(std::vector<std::string> layers);
  base::Result<> sweep_holders();
  base::Result<> sweep_records(Sweep& sweep);
  base::Result<> sweep_folders(Sweep& sweep);

  sys::Database& database_;
  std::string root_;  ///< <data root>/snapshots
  std::mutex mutex_;  ///< Guards method_.
  std::optional<Method> method_;
  std::unique_ptr<Trash> trash_;
  Settling settling_;
};

}  // namespace runtime::snapshot
