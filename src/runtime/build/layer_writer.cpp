// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/layer_writer.h"

#include <fcntl.h>

#include <algorithm>

#include <fmt/format.h>

#include "sys/file.h"
#include "sys/xattr.h"

namespace runtime::build {
namespace {

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string kernel_path(const std::string& path) { return path.empty() ? "." : path; }

tl::unexpected<base::Error> in_the_way(const std::string& path, std::string_view what,
                                       std::string_view wanted) {
  return base::fail(base::ErrorClass::Invalid,
                    fmt::format("/{} is {}: no {} can be put there", path, what, wanted));
}

}  // namespace

base::Result<LayerWriter> LayerWriter::open(const std::string& upper,
                                            const std::vector<std::string>& lower_dirs, timespec now) {
  std::vector<std::string> folders{upper};
  folders.insert(folders.end(), lower_dirs.begin(), lower_dirs.end());
  LayerWriter writer;
  writer.tree_ = TRY(LayeredTree::open(folders, OverlayMarks::Honour));
  writer.now_ = now;
  return writer;
}

base::Result<> LayerWriter::make_folders(const std::string& path, const NodeMeta& meta) {
  if (path.empty()) return {};
  const auto there = TRY(sys::stat_at(upper_fd(), path));
  if (there && S_ISDIR(there->st_mode)) return {};
  TRY(make_folders(parent_of(path), meta));
  const Resolution found = TRY(tree_.resolve(path, LastLink::Keep));
  if (!found.node) {
    fresh_.insert(path);
    return make_in_upper(path, meta);
  }
  if (!found.node->is_folder()) return in_the_way(path, "not a folder", "folder");
  return take_up(*found.node);
}

base::Result<> LayerWriter::make_in_upper(const std::string& path, const NodeMeta& meta) {
  TRY(sys::make_directory_at(upper_fd(), path, 0700));
  return apply(path, meta);
}

base::Result<> LayerWriter::take_up(const TreeNode& node) {
  const auto there = TRY(sys::stat_at(upper_fd(), node.path));
  if (there) return {};
  const FileFacts facts = FileFacts::from(node.status);
  TRY(make_in_upper(
      node.path,
      {.owner = {facts.uid, facts.gid}, .mode = facts.mode & 07777, .modified = facts.modified()}));
  for (const auto& [name, value] : TRY(tree_.xattrs(node))) {
    if (name.starts_with("trusted.overlay.")) continue;
    TRY(sys::set_xattr_at(upper_fd(), node.path, name, value));
  }
  return {};
}

base::Result<> LayerWriter::put_folder(const std::string& path, const NodeMeta& meta) {
  const auto there = TRY(sys::stat_at(upper_fd(), kernel_path(path)));
  if (there && !S_ISDIR(there->st_mode)) return in_the_way(path, "not a folder", "folder");
  if (there) return apply(path, meta);
  if (!is_fresh(parent_of(path))) {
    const Resolution found = TRY(tree_.resolve(path, LastLink::Keep));
    if (found.node && !found.node->is_folder()) return in_the_way(path, "not a folder", "folder");
    if (found.node) {
      TRY(take_up(*found.node));
      return apply(path, meta);
    }
  }
  fresh_.insert(path);
  return make_in_upper(path, meta);
}

base::Result<> LayerWriter::apply(const std::string& path, const NodeMeta& meta) {
  const std::string name = kernel_path(path);
  TRY(sys::set_owner_at(upper_fd(), name, meta.owner));
  TRY(sys::set_mode_at(upper_fd(), name, meta.mode));
  folder_times_[path] = meta.modified;
  return {};
}

base::Result<> LayerWriter::clear_name(const std::string& path) {
  const auto there = TRY(sys::stat_at(upper_fd(), path));
  if (there && S_ISDIR(there->st_mode)) return in_the_way(path, "a folder", "file");
  if (there) return sys::remove_at(upper_fd(), path);
  if (tree_.layer_count() == 1) return {};
  const Resolution found = TRY(tree_.resolve(path, LastLink::Keep));
  if (found.node && found.node->is_folder()) return in_the_way(path, "a folder", "file");
  return {};
}

base::Result<> LayerWriter::finish() {
  for (auto folder = folder_times_.rbegin(); folder != folder_times_.rend(); ++folder) {
    TRY(sys::set_time_at(upper_fd(), kernel_path(folder->first), folder->second));
  }
  folder_times_.clear();
  return {};
}

}  // namespace runtime::build
