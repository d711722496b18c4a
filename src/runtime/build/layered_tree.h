// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace runtime::build {

/// Whether device 0:0 and trusted.overlay.opaque mean what they mean to overlayfs (layers of the store), or
/// nothing (a folder of the user's).
enum class OverlayMarks { Honour, Ignore };

/// A name in a LayeredTree.
struct TreeNode {
  std::string path;  ///< Without links, relative to the tree's root; empty for the root.
  /// A folder: the layers it is merged from, top first. Anything else: the one layer that has it.
  std::vector<std::uint16_t> layers;
  struct stat status {};

  bool is_folder() const { return S_ISDIR(status.st_mode); }
  bool is_link() const { return S_ISLNK(status.st_mode); }
  bool is_file() const { return S_ISREG(status.st_mode); }
  std::string child_path(std::string_view name) const;
};

/// A path of a LayeredTree after its links were followed: the deepest folder that exists, and what is left.
struct Resolution {
  TreeNode folder;
  std::optional<TreeNode> node;      ///< What the whole path names; nothing when it does not exist.
  std::vector<std::string> missing;  ///< Parts below `folder` that do not exist.
  std::string path() const;          ///< Of the whole, without links, existing or not.
};

enum class LastLink { Follow, Keep };

/// Folders laid over each other as overlayfs shows them, read without a mount. Links are followed inside the
/// tree and nowhere else, whoever made them: no path is handed to the kernel that has a link in it.
/// One thread at a time may write beneath it; reading is safe from several.
class LayeredTree {
 public:
  /// `folders` are absolute host paths, top first.
  static base::Result<LayeredTree> open(const std::vector<std::string>& folders, OverlayMarks marks);

  base::Result<TreeNode> root() const;
  /// `name` in `folder`, as the tree shows it: nothing when it is missing or removed by an upper layer.
  base::Result<std::optional<TreeNode>> find(const TreeNode& folder, std::string_view name) const;
  /// Names in `folder`, sorted.
  base::Result<std::vector<std::string>> list(const TreeNode& folder) const;
  /// What is in `folder`, sorted by name; a name that `wanted` is false for is not looked at.
  base::Result<std::vector<TreeNode>> children(const TreeNode& folder,
                                               const std::function<bool(std::string_view)>& wanted) const;
  /// Follows `path` from the root; `..` at the root stays there. Invalid above 40 links, or when a part on
  /// the way is a file.
  base::Result<Resolution> resolve(std::string_view path, LastLink last = LastLink::Follow) const;
  /// The same with `folder` as the root that neither links nor `..` leave.
  base::Result<Resolution> resolve_beneath(TreeNode folder, std::string_view path,
                                           LastLink last = LastLink::Follow) const;

  /// open(2) of a node that is no link.
  base::Result<sys::UniqueFd> open_node(const TreeNode& node, int flags) const;
  base::Result<std::string> read_link(const TreeNode& node) const;
  base::Result<std::vector<std::pair<std::string, std::string>>> xattrs(const TreeNode& node) const;
  /// A regular file as text, empty when it is missing. Invalid when it is larger than `limit`.
  base::Result<std::string> read_text(std::string_view path, std::size_t limit) const;

  int layer_fd(std::uint16_t layer) const { return layers_[layer].value(); }
  const std::string& layer_path(std::uint16_t layer) const { return paths_[layer]; }
  std::size_t layer_count() const { return layers_.size(); }

 private:
  std::vector<sys::UniqueFd> layers_;
  std::vector<std::string> paths_;
  OverlayMarks marks_ = OverlayMarks::Honour;
};

}  // namespace runtime::build
