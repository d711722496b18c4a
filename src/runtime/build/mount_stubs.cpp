// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/mount_stubs.h"

#include <fcntl.h>

#include <algorithm>

#include "sys/file.h"
#include "sys/file_data.h"
#include "sys/path_at.h"
#include "sys/xattr.h"

namespace runtime::build {

base::Result<MountStubs> MountStubs::find(const LayeredTree& root, const std::vector<std::string>& targets) {
  MountStubs stubs;
  for (const std::string& target : targets) {
    const Resolution found = TRY(root.resolve(target));
    if (!found.missing.empty()) TRY(stubs.add_parents(root, found.folder.path));
    std::string path = found.folder.path;
    for (const std::string& part : found.missing) {
      path += (path.empty() ? "" : "/") + part;
      stubs.paths_.push_back(path);
    }
  }
  // Longer paths first: whatever is in a folder comes before the folder.
  std::sort(stubs.paths_.begin(), stubs.paths_.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  stubs.paths_.erase(std::unique(stubs.paths_.begin(), stubs.paths_.end()), stubs.paths_.end());
  std::sort(stubs.parents_.begin(), stubs.parents_.end(),
            [](const Parent& a, const Parent& b) { return a.path.size() > b.path.size(); });
  return stubs;
}

base::Result<> MountStubs::add_parents(const LayeredTree& root, std::string path) {
  while (!path.empty()) {
    const Resolution found = TRY(root.resolve(path, LastLink::Keep));
    if (found.node) {
      const auto& status = found.node->status;
      parents_.push_back({.path = path, .mode = status.st_mode, .uid = status.st_uid, .gid = status.st_gid});
    }
    const auto slash = path.find_last_of('/');
    path.resize(slash == std::string::npos ? 0 : slash);
  }
  return {};
}

base::Result<> MountStubs::drop_untouched(int upper, const Parent& parent) {
  sys::UniqueFd folder;
  if (auto opened = sys::open_beneath(upper, parent.path, O_RDONLY | O_DIRECTORY))
    folder = std::move(*opened);
  if (!folder.valid()) return {};
  const auto status = TRY(sys::stat_fd(folder.value()));
  if (status.st_mode != parent.mode || status.st_uid != parent.uid || status.st_gid != parent.gid) return {};
  // An opaque one hides what is below: it was removed and made again.
  if (!TRY(sys::read_xattr(folder.value(), "trusted.overlay.opaque")).empty()) return {};
  if (!TRY(sys::read_names(std::move(folder), parent.path)).empty()) return {};
  const auto slash = parent.path.find_last_of('/');
  const std::string above = slash == std::string::npos ? "." : parent.path.substr(0, slash);
  const sys::UniqueFd holder = TRY(sys::open_beneath(upper, above, O_RDONLY | O_DIRECTORY));
  return sys::remove_at(holder.value(), parent.path.substr(slash == std::string::npos ? 0 : slash + 1));
}

base::Result<> MountStubs::remove(const std::string& upper) const {
  const sys::UniqueFd root = TRY(sys::open_file(upper, O_PATH | O_DIRECTORY));
  for (const std::string& path : paths_) {
    // Beneath the layer only, and through no link the process may have left there.
    const auto node = sys::open_beneath(root.value(), path, O_PATH | O_NOFOLLOW);
    if (!node) continue;
    const auto status = TRY(sys::stat_fd(node->value()));
    if (S_ISREG(status.st_mode) && status.st_size != 0) continue;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) continue;
    if (S_ISDIR(status.st_mode)) {
      sys::UniqueFd folder = TRY(sys::open_beneath(root.value(), path, O_RDONLY | O_DIRECTORY));
      if (!TRY(sys::read_names(std::move(folder), path)).empty()) continue;
    }
    const auto slash = path.find_last_of('/');
    const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash);
    const sys::UniqueFd folder = TRY(sys::open_beneath(root.value(), parent, O_RDONLY | O_DIRECTORY));
    TRY(sys::remove_at(folder.value(), path.substr(slash == std::string::npos ? 0 : slash + 1)));
  }
  for (const Parent& parent : parents_) TRY(drop_untouched(root.value(), parent));
  return {};
}

}  // namespace runtime::build
