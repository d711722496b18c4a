// SPDX-License-Identifier: Apache-2.0
#include "sys/disk_sync.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "sys/file.h"

namespace sys {
namespace {

/// "Dirty:   12 kB" in bytes; 0 when there is no such line.
std::int64_t memory_line(std::string_view text, std::string_view name) {
  const auto at = text.find(fmt::format("\n{}:", name));
  if (at == std::string_view::npos) return 0;
  std::string_view rest = text.substr(at + name.size() + 2);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  std::int64_t kilobytes = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), kilobytes);
  return kilobytes * 1024;
}

}  // namespace

base::Result<std::string> read_boot_id(const std::string& path) {
  std::string id = TRY(read_file(path));
  while (id.ends_with('\n')) id.pop_back();
  return id;
}

base::Result<> sync_file_system(int fd) {
  if (::syncfs(fd) != 0) return base::fail(base::make_errno_error("syncfs", errno));
  return {};
}

base::Result<std::int64_t> unwritten_bytes() {
  const std::string text = TRY(read_file("/proc/meminfo"));
  return memory_line(text, "Dirty") + memory_line(text, "Writeback");
}

}  // namespace sys
