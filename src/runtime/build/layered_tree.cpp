// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/layered_tree.h"

#include <fcntl.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "sys/file.h"
#include "sys/file_data.h"
#include "sys/folder_entries.h"
#include "sys/path_at.h"
#include "sys/xattr.h"

namespace runtime::build {
namespace {

/// The kernel's own limit on links in one path.
constexpr int kMostLinks = 40;
constexpr const char* kOpaque = "trusted.overlay.opaque";

bool is_whiteout(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == 0; }

/// Parts of `path` in reverse, to be taken from the back.
void push_parts(std::string_view path, std::vector<std::string>& todo) {
  std::vector<std::string> parts = base::split(path, '/');
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (!part->empty() && *part != ".") todo.push_back(std::move(*part));
  }
}

std::string kernel_path(const TreeNode& node) { return node.path.empty() ? "." : node.path; }

}  // namespace

std::string TreeNode::child_path(std::string_view name) const {
  if (path.empty()) return std::string(name);
  std::string out;
  out.reserve(path.size() + 1 + name.size());
  out += path;
  out += '/';
  return out += name;
}

std::string Resolution::path() const {
  if (node) return node->path;
  std::string out = folder.path;
  for (const std::string& part : missing) out += (out.empty() ? "" : "/") + part;
  return out;
}

base::Result<LayeredTree> LayeredTree::open(const std::vector<std::string>& folders, OverlayMarks marks) {
  LayeredTree tree;
  tree.marks_ = marks;
  tree.paths_ = folders;
  for (const std::string& folder : folders) {
    tree.layers_.push_back(TRY(sys::open_file(folder, O_PATH | O_DIRECTORY)));
  }
  return tree;
}

base::Result<TreeNode> LayeredTree::root() const {
  TreeNode node;
  for (std::size_t i = 0; i < layers_.size(); ++i) node.layers.push_back(static_cast<std::uint16_t>(i));
  if (!layers_.empty()) node.status = TRY(sys::stat_fd(layers_.front().value()));
  node.status.st_mode = S_IFDIR | (layers_.empty() ? 0755 : node.status.st_mode & 07777);
  return node;
}

base::Result<std::optional<TreeNode>> LayeredTree::find(const TreeNode& folder, std::string_view name) const {
  std::optional<TreeNode> found;
  const std::string path = folder.child_path(name);
  for (const std::uint16_t layer : folder.layers) {
    const auto status = TRY(sys::stat_at(layer_fd(layer), path));
    if (!status) continue;
    if (marks_ == OverlayMarks::Honour && is_whiteout(*status)) break;
    if (!S_ISDIR(status->st_mode)) {
      if (!found) found = TreeNode{.path = path, .layers = {layer}, .status = *status};
      break;
    }
    if (!found) found = TreeNode{.path = path, .layers = {}, .status = *status};
    found->layers.push_back(layer);
    if (marks_ == OverlayMarks::Ignore || layer == folder.layers.back()) continue;
    const sys::UniqueFd fd = TRY(sys::open_beneath(layer_fd(layer), path, O_RDONLY | O_DIRECTORY));
    if (TRY(sys::read_xattr(fd.value(), kOpaque)) == "y") break;
  }
  return found;
}

base::Result<std::vector<std::string>> LayeredTree::list(const TreeNode& folder) const {
  if (folder.layers.size() == 1) {
    sys::UniqueFd fd =
        TRY(sys::open_beneath(layer_fd(folder.layers.front()), kernel_path(folder), O_RDONLY | O_DIRECTORY));
    return sys::read_names(std::move(fd), folder.path);
  }
  std::set<std::string> names;
  for (const std::uint16_t layer : folder.layers) {
    sys::UniqueFd fd = TRY(sys::open_beneath(layer_fd(layer), kernel_path(folder), O_RDONLY | O_DIRECTORY));
    for (std::string& name : TRY(sys::read_names(std::move(fd), folder.path))) names.insert(std::move(name));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

base::Result<std::vector<TreeNode>> LayeredTree::children(
    const TreeNode& folder, const std::function<bool(std::string_view)>& wanted) const {
  std::vector<TreeNode> nodes;
  if (folder.layers.size() > 1) {
    for (const std::string& name : TRY(list(folder))) {
      auto node = wanted(name) ? TRY(find(folder, name)) : std::nullopt;
      if (node) nodes.push_back(std::move(*node));
    }
    return nodes;
  }
  sys::UniqueFd fd =
      TRY(sys::open_beneath(layer_fd(folder.layers.front()), kernel_path(folder), O_RDONLY | O_DIRECTORY));
  for (const sys::FolderEntry& entry : TRY(sys::read_entries(std::move(fd), folder.path, wanted))) {
    if (marks_ == OverlayMarks::Honour && is_whiteout(entry.status)) continue;
    nodes.push_back({.path = folder.child_path(entry.name), .layers = folder.layers, .status = entry.status});
  }
  return nodes;
}

base::Result<Resolution> LayeredTree::resolve(std::string_view path, LastLink last) const {
  return resolve_beneath(TRY(root()), path, last);
}

base::Result<Resolution> LayeredTree::resolve_beneath(TreeNode folder, std::string_view path,
                                                      LastLink last) const {
  std::vector<TreeNode> trail{std::move(folder)};
  std::vector<std::string> todo, missing;
  push_parts(path, todo);
  int links = 0;
  while (!todo.empty()) {
    const std::string part = std::move(todo.back());
    todo.pop_back();
    if (part == "..") {
      if (!missing.empty()) {
        missing.pop_back();
      } else if (trail.size() > 1) {
        trail.pop_back();
      }
      continue;
    }
    if (!missing.empty()) {
      missing.push_back(part);
      continue;
    }
    if (!trail.back().is_folder()) {
      return base::fail(base::ErrorClass::Invalid, fmt::format("/{} is not a folder", trail.back().path));
    }
    auto node = TRY(find(trail.back(), part));
    if (!node) {
      missing.push_back(part);
    } else if (node->is_link() && (!todo.empty() || last == LastLink::Follow)) {
      if (++links > kMostLinks) {
        return base::fail(base::ErrorClass::Invalid, fmt::format("too many links in {}", path));
      }
      const std::string target = TRY(read_link(*node));
      if (target.starts_with('/')) trail.resize(1);
      push_parts(target, todo);
    } else {
      trail.push_back(std::move(*node));
    }
  }
  Resolution out;
  out.missing = std::move(missing);
  if (out.missing.empty()) out.node = trail.back();
  while (trail.size() > 1 && !trail.back().is_folder()) trail.pop_back();
  if (out.node && trail.size() > 1 && out.node->path == trail.back().path) trail.pop_back();
  out.folder = std::move(trail.back());
  return out;
}

base::Result<sys::UniqueFd> LayeredTree::open_node(const TreeNode& node, int flags) const {
  return sys::open_beneath(layer_fd(node.layers.front()), kernel_path(node), flags);
}

base::Result<std::string> LayeredTree::read_link(const TreeNode& node) const {
  return sys::read_link_at(layer_fd(node.layers.front()), node.path);
}

base::Result<std::vector<std::pair<std::string, std::string>>> LayeredTree::xattrs(
    const TreeNode& node) const {
  return sys::list_xattrs_at(layer_fd(node.layers.front()), kernel_path(node));
}

base::Result<std::string> LayeredTree::read_text(std::string_view path, std::size_t limit) const {
  const Resolution found = TRY(resolve(path));
  // A pipe would block the build, a device never end: /etc/passwd of an image is hostile input.
  if (!found.node || !found.node->is_file()) return std::string();
  const sys::UniqueFd fd = TRY(open_node(*found.node, O_RDONLY | O_NONBLOCK));
  return sys::read_all(fd.value(), path, limit);
}

}  // namespace runtime::build
