// SPDX-License-Identifier: Apache-2.0
#include "sys/disk_space.h"

#include <sys/statvfs.h>

#include <fmt/format.h>

#include "sys/call_error.h"

namespace sys {

base::Result<std::int64_t> free_bytes(const std::string& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) return call_failed(fmt::format("statvfs(\"{}\")", path));
  return static_cast<std::int64_t>(status.f_bavail) * static_cast<std::int64_t>(status.f_frsize);
}

}  // namespace sys
