// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/mount_stubs.h"

#include <fcntl.h>

#include <algorithm>

#include "sys/file.h"
#include "sys/file_data.h"
#include "sys/path_at.h"

namespace runtime::build {

base::Result<MountStubs> MountStubs::find(const LayeredTree& root, const std::vector<std::string>& targets) {
  MountStubs stubs;
  for (const std::string& target : targets) {
    const Resolution found = TRY(root.resolve(target));
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
  return stubs;
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
  return {};
}

}  // namespace runtime::build
