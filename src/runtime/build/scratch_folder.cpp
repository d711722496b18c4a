// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/scratch_folder.h"

#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "base/split.h"
#include "sys/file.h"
#include "sys/process_identity.h"
#include "sys/sha256.h"

namespace runtime::build {

ScratchFolder::~ScratchFolder() {
  if (!path_.empty()) static_cast<void>(sys::remove_tree(path_));
}

base::Result<std::string> ScratchFolder::path() {
  const std::lock_guard lock(mutex_);
  if (!path_.empty()) return path_;
  const sys::ProcessIdentity own = sys::own_identity();
  std::string folder = fmt::format("{}/{}.{}.{}", all_, own.pid, own.start_ticks, sys::random_hex(8));
  TRY(sys::make_directories(all_, 0700));
  TRY(sys::make_directories(folder, 0700));
  path_ = std::move(folder);
  return path_;
}

base::Result<> ScratchFolder::sweep(const std::string& all) {
  if (!sys::path_exists(all)) return {};
  base::Result<> result;
  for (const std::string& name : TRY(sys::list_directory(all))) {
    const std::vector<std::string> parts = base::split(name, '.');
    sys::ProcessIdentity owner;
    const auto read = [](const std::string& text, std::int64_t& number) {
      return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
    };
    if (parts.size() != 3 || !read(parts[0], owner.pid) || !read(parts[1], owner.start_ticks)) continue;
    if (sys::is_alive(owner)) continue;
    if (auto removed = sys::remove_tree(all + "/" + name); !removed) result = std::move(removed);
  }
  return result;
}

}  // namespace runtime::build
