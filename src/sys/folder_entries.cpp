// SPDX-License-Identifier: Apache-2.0
#include "sys/folder_entries.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include <fmt/format.h>

namespace sys {

base::Result<std::vector<FolderEntry>> read_entries(UniqueFd fd, std::string_view what,
                                                    const std::function<bool(std::string_view)>& wanted) {
  const auto failed = [what](std::string_view call) {
    const int saved = errno;
    return base::fail(base::make_errno_error(fmt::format("{}(\"{}\")", call, what), saved));
  };
  DIR* stream = ::fdopendir(fd.value());
  if (stream == nullptr) return failed("fdopendir");
  fd.release();
  const std::unique_ptr<DIR, int (*)(DIR*)> closer(stream, ::closedir);
  std::vector<FolderEntry> entries;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream);
    if (entry == nullptr && errno != 0) return failed("readdir");
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || !wanted(name)) continue;
    struct stat status {};
    if (::fstatat(::dirfd(stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
      entries.push_back({.name = std::string(name), .status = status});
    } else if (errno != ENOENT) {
      return failed(fmt::format("fstatat of \"{}\" in", name));
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const FolderEntry& a, const FolderEntry& b) { return a.name < b.name; });
  return entries;
}

}  // namespace sys
