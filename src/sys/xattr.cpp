// SPDX-License-Identifier: Apache-2.0
#include "sys/xattr.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>

#include <fmt/format.h>

#include "sys/fd.h"

namespace sys {
namespace {

using Attributes = std::vector<std::pair<std::string, std::string>>;

tl::unexpected<base::Error> failed(std::string call) {
  const int saved = errno;
  return base::fail(base::make_errno_error(call, saved));
}

bool means_none(int value) { return value == EOPNOTSUPP || value == ENODATA; }

/// How to list the names and to read one value, into a buffer or (size 0) to learn the size.
using Lister = std::function<ssize_t(char*, std::size_t)>;
using Getter = std::function<ssize_t(const char*, char*, std::size_t)>;

base::Result<Attributes> read_attributes(const Lister& list, const Getter& get) {
  Attributes out;
  std::array<char, 1024> small;
  ssize_t size = list(small.data(), small.size());
  if (size < 0 && means_none(errno)) return out;
  std::string names;
  if (size >= 0) {
    names.assign(small.data(), static_cast<std::size_t>(size));
  } else {
    if (errno != ERANGE) return failed("listxattr");
    names.resize(XATTR_LIST_MAX);
    size = list(names.data(), names.size());
    if (size < 0) return failed("listxattr");
    names.resize(static_cast<std::size_t>(size));
  }
  for (std::size_t at = 0; at < names.size(); at = names.find('\0', at) + 1) {
    const std::string name = names.c_str() + at;
    const ssize_t length = get(name.c_str(), nullptr, 0);
    if (length < 0 && means_none(errno)) continue;
    if (length < 0) return failed(fmt::format("getxattr(\"{}\")", name));
    std::string value(static_cast<std::size_t>(length), '\0');
    const ssize_t read = get(name.c_str(), value.data(), value.size());
    if (read < 0) return failed(fmt::format("getxattr(\"{}\")", name));
    value.resize(static_cast<std::size_t>(read));
    out.emplace_back(name, std::move(value));
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

base::Result<> set_xattr(int fd, const std::string& name, const std::string& value) {
  if (::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) == 0) return {};
  return failed(fmt::format("fsetxattr(\"{}\")", name));
}

base::Result<> set_xattr_at(int folder, const std::string& entry, const std::string& name,
                            const std::string& value) {
  // An O_PATH descriptor refuses fsetxattr; its name under /proc is followed to the very object.
  const UniqueFd fd(::openat(folder, entry.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return failed(fmt::format("openat(\"{}\")", entry));
  const std::string path = fmt::format("/proc/self/fd/{}", fd.value());
  if (::setxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) == 0) return {};
  return failed(fmt::format("setxattr(\"{}\", \"{}\")", entry, name));
}

base::Result<std::string> read_xattr(int fd, const std::string& name) {
  std::array<char, 4096> buffer;
  const ssize_t size = ::fgetxattr(fd, name.c_str(), buffer.data(), buffer.size());
  if (size >= 0) return std::string(buffer.data(), static_cast<std::size_t>(size));
  if (means_none(errno)) return std::string();
  return failed(fmt::format("fgetxattr(\"{}\")", name));
}

base::Result<Attributes> list_xattrs(int fd) {
  return read_attributes(
      [&](char* data, std::size_t size) { return ::flistxattr(fd, data, size); },
      [&](const char* name, char* data, std::size_t size) { return ::fgetxattr(fd, name, data, size); });
}

base::Result<Attributes> list_xattrs_at(int folder, const std::string& entry) {
  const UniqueFd fd(::openat(folder, entry.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return failed(fmt::format("openat(\"{}\")", entry));
  const std::string path = fmt::format("/proc/self/fd/{}", fd.value());
  return read_attributes([&](char* data, std::size_t size) { return ::listxattr(path.c_str(), data, size); },
                         [&](const char* name, char* data, std::size_t size) {
                           return ::getxattr(path.c_str(), name, data, size);
                         });
}

}  // namespace sys
