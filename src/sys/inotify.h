// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

/// One change seen by inotify(7): the watch it belongs to, IN_* bits, and the entry's name in a folder.
struct FileChange {
  int watch = -1;
  std::uint32_t mask = 0;
  std::string_view name;  ///< Valid during the call only.
};

/// A non-blocking inotify descriptor.
base::Result<UniqueFd> open_inotify();
/// The watch's number, for FileChange.
base::Result<int> add_watch(int inotify, const std::string& path, std::uint32_t mask);
/// Passes on what has happened until now; returns at once.
base::Result<> read_changes(int inotify, const std::function<void(const FileChange&)>& each);

}  // namespace sys
