// SPDX-License-Identifier: Apache-2.0
#include "sys/device_node.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include <fmt/format.h>

namespace sys {

base::Result<DeviceNode> find_device(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const int saved = errno;
    return base::fail(base::make_errno_error(fmt::format("stat(\"{}\")", path), saved));
  }
  if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode)) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("{} is not a device", path));
  }
  return DeviceNode{.type = S_ISCHR(status.st_mode) ? 'c' : 'b',
                    .major = major(status.st_rdev),
                    .minor = minor(status.st_rdev),
                    .mode = status.st_mode & 07777,
                    .uid = status.st_uid,
                    .gid = status.st_gid};
}

bool is_real_directory(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace sys
