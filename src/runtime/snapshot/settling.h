// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sys/database.h"

namespace runtime::snapshot {

/// What of a layer a power cut would change: a file system writes the size of a file once its content is on
/// disk, and the name of a file no earlier than the file.
struct TreeShape {
  std::int64_t entries = 0;  ///< Files, folders, links and nodes; each name counts.
  std::int64_t content = 0;  ///< Sizes of regular files; each name counts.
  bool operator==(const TreeShape&) const = default;
};

/// The shape of the layer in `folder`. A folder that is gone has none of its entries: -1.
base::Result<TreeShape> measure_shape(const std::string& folder);

/// A layer from before the machine's last start that nobody has seen on disk.
struct Unsettled {
  std::string layer;
  TreeShape shape;  ///< That it was recorded with; -1 where only a blob of the layer is in question.
};

/// A sync waits for what others have written, too: no more bytes than this take no longer than a command.
inline constexpr std::int64_t kLittleToWrite = 32 << 20;

/// Remembers which layers may be recorded though their files are not on disk: nothing waits for the disk when
/// a layer is made. Each new layer gets a row with the boot it was made in. In that boot a later command
/// finds that the kernel has written the files and takes the row away; in another one the layer is looked at.
class Settling {
 public:
  /// `folder` holds the layers. `boot_id_file` has one line, see sys::read_boot_id.
  static base::Result<> make_tables(sys::Database& database);
  Settling(sys::Database& database, std::string folder, std::string boot_id_file);
  /// Records what settle_in_background() has found, once that is known.
  ~Settling();
  Settling(const Settling&) = delete;
  Settling& operator=(const Settling&) = delete;

  /// The layer, or a blob of it, was just written. Call in the transaction that records it.
  base::Result<> add(const std::string& layer, const TreeShape& shape);
  /// The same when only a blob of the layer is new.
  base::Result<> add_blob(const std::string& layer);
  /// The layer is on disk as it should be, or is known not to be.
  base::Result<> settle(const std::string& layer);

  /// Layers of another boot. Costs one query when nothing is unsettled.
  base::Result<std::vector<Unsettled>> find();
  /// Whether it has lost files, or could not be looked at: one of another boot that nobody has settled. Only
  /// meant once all of find() were looked at.
  base::Result<bool> is_in_doubt(const std::string& layer);
  /// Looks at the layer's files: whether it has the shape it was recorded with.
  base::Result<bool> is_whole(const Unsettled& unsettled) const;
  /// Has those of this boot written that find() saw to be old enough, in a thread, unless the disk has much
  /// to do. The destructor waits for the thread.
  base::Result<> settle_in_background(std::int64_t most_to_write = kLittleToWrite);

 private:
  using Entry = std::pair<std::string, std::int64_t>;  ///< Layer and when it was written.
  base::Result<> insert(const std::string& layer, std::int64_t entries, std::int64_t content);
  base::Result<std::string> boot_id();

  sys::Database& database_;
  std::string folder_, boot_id_file_;
  std::mutex mutex_;  ///< Guards boot_id_.
  std::string boot_id_;
  std::vector<Entry> aged_;  ///< Of this boot; not changed once the thread runs.
  std::atomic<bool> synced_ = false;
  std::jthread thread_;
};

}  // namespace runtime::snapshot
