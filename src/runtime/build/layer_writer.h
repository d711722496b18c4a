// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "runtime/build/file_facts.h"
#include "runtime/build/layered_tree.h"
#include "sys/path_at.h"

namespace runtime::build {

/// Owner, mode and time a name gets.
struct NodeMeta {
  sys::Ownership owner;
  std::uint32_t mode = 0755;
  timespec modified{};
};

/// Writes straight into a new layer's folder, as seen over the layers below it: what exists below is
/// respected, its folders are taken up with their own mode and owner, and its links on the way are followed
/// inside the root. Paths given to it are without links and relative, as resolve() returns them.
class LayerWriter {
 public:
  /// `lower_dirs` top first. `now` is the time of what no source gives one.
  static base::Result<LayerWriter> open(const std::string& upper, const std::vector<std::string>& lower_dirs,
                                        timespec now);

  const LayeredTree& tree() const { return tree_; }
  timespec now() const { return now_; }
  /// The new layer's folder.
  int upper_fd() const { return tree_.layer_fd(0); }

  /// Makes the folder and the missing ones above it, all with `meta`; what exists stays as it is.
  base::Result<> make_folders(const std::string& path, const NodeMeta& meta);
  /// A folder whose owner, mode and time become `meta` though it may exist. Invalid when a file is there.
  base::Result<> put_folder(const std::string& path, const NodeMeta& meta);
  /// The time of a folder that this writer made or took up.
  void set_folder_time(const std::string& path, timespec modified) { folder_times_[path] = modified; }
  /// Makes room for something that is no folder in an existing folder. Invalid when a folder is there.
  base::Result<> clear_name(const std::string& path);
  /// Whether the folder was made by this writer where nothing was before: no name in it can be in the way.
  bool is_fresh(const std::string& folder) const { return fresh_.contains(folder); }
  /// Applies the times of folders, which writing in them changed. Call last.
  base::Result<> finish();

 private:
  base::Result<> make_in_upper(const std::string& path, const NodeMeta& meta);
  /// A folder of a lower layer in the new layer, with what it has there.
  base::Result<> take_up(const TreeNode& node);
  base::Result<> apply(const std::string& path, const NodeMeta& meta);

  LayeredTree tree_;
  timespec now_{};
  std::map<std::string, timespec> folder_times_;
  std::unordered_set<std::string> fresh_;
};

}  // namespace runtime::build
