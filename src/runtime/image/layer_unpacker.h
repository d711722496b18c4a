// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/image/skeleton.h"
#include "runtime/image/tar_reader.h"
#include "sys/fd.h"

namespace runtime::image {

struct UnpackStats {
  std::int64_t entries = 0;
  std::int64_t bytes = 0;           ///< Content of files.
  std::int64_t dropped_xattrs = 0;  ///< Not on the list of those a layer may set.
  /// Folders the tar has no entry for though it has something in them. They take their owner and mode from
  /// the layers below: see adopt_folders().
  std::vector<std::string> implied_folders;
};

/// Puts a layer's members into an empty folder, in the form overlayfs wants. Hostile input: every path is
/// resolved by the kernel inside the folder (openat2 RESOLVE_IN_ROOT), the last part is never followed, and
/// ".." in a name is refused. Links met on the way are taken as they will be inside the container, so
/// `var/run -> /run` followed by `var/run/x` makes `run/x`.
///
/// OCI image-spec: layer.md, "Applying Changesets", "Whiteouts".
class LayerUnpacker {
 public:
  /// What happens to a folder where the tar has something else. `Keep` is for folders that are somebody's
  /// own: Conflict unless it is empty.
  enum class FolderInTheWay { Replace, Keep };

  /// `root` stays the caller's. `skeleton` is told of every file; it may be nullptr.
  explicit LayerUnpacker(int root, SkeletonWriter* skeleton = nullptr,
                         FolderInTheWay in_the_way = FolderInTheWay::Replace)
      : root_(root), skeleton_(skeleton), in_the_way_(in_the_way) {}

  /// One member, with its content from `reader`.
  base::Result<> add(const TarEntry& entry, TarReader& reader);
  /// What must wait for the end: the folders' times. Call once.
  base::Result<UnpackStats> finish();

 private:
  struct Place {
    int folder;        ///< Open parent.
    std::string name;  ///< Last part.
    std::string path;  ///< Cleaned, from the root.
  };
  base::Result<Place> find_place(const std::string& path);
  base::Result<int> open_parent(const std::string& path);
  base::Result<sys::UniqueFd> make_folder_chain(const std::string& path, int depth);
  base::Result<> make_one_folder(int parent, const std::string& name, const std::string& path, int depth);
  base::Result<> add_root(const TarEntry& entry);
  base::Result<bool> add_whiteout(const Place& place);
  base::Result<> add_folder(const Place& place, const TarEntry& entry);
  static base::Result<> write_content(int file, const TarEntry& entry, TarReader& reader);
  base::Result<> add_file(const Place& place, const TarEntry& entry, TarReader& reader);
  base::Result<> add_hard_link(const Place& place, const TarEntry& entry);
  base::Result<> add_other(const Place& place, const TarEntry& entry);
  base::Result<> clear(const Place& place);
  base::Result<> set_xattrs(int fd, const TarEntry& entry);

  int root_;
  SkeletonWriter* skeleton_;
  FolderInTheWay in_the_way_;
  UnpackStats stats_;
  std::map<std::string, sys::UniqueFd> parents_;  ///< Open folders, by cleaned path.
  std::map<std::string, timespec> folder_times_;  ///< Set at the end.
  std::map<std::string, bool> implied_;
};

/// Unpacks the whole tar behind `input` into the open folder `root`, and reads `input` to its end. With
/// `skeleton`, what makes the tar again is written there.
base::Result<UnpackStats> unpack_tar(ChunkSource& input, int root, SkeletonWriter* skeleton = nullptr,
                                     TarLimits limits = {});

/// Gives each implied folder of the layer at `root` the owner, mode, time and attributes it has in the
/// topmost of the folders `lower` (top first) that has it.
base::Result<> adopt_folders(int root, const std::vector<std::string>& implied,
                             const std::vector<std::string>& lower);

/// Whether a layer may carry this extended attribute: never what overlayfs or a security module reads as its
/// own.
bool is_layer_xattr(std::string_view name);

/// Without leading "/" and "./", double slashes and inner "."; "" for the root. Invalid: "..", a NUL.
base::Result<std::string> clean_member_path(std::string_view path);

}  // namespace runtime::image
