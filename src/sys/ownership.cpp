// SPDX-License-Identifier: Apache-2.0
#include "sys/ownership.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

namespace sys {

base::Result<> change_owner(const std::string& path, std::uint32_t uid, std::uint32_t gid) {
  if (::lchown(path.c_str(), uid, gid) == 0) return {};
  const int saved = errno;
  return base::fail(base::make_errno_error(fmt::format("lchown(\"{}\", {}, {})", path, uid, gid), saved));
}

base::Result<> change_mode(const std::string& path, std::uint32_t mode) {
  if (::chmod(path.c_str(), mode) == 0) return {};
  const int saved = errno;
  return base::fail(base::make_errno_error(fmt::format("chmod(\"{}\", {:04o})", path, mode), saved));
}

}  // namespace sys
