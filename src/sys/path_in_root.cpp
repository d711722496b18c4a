// SPDX-License-Identifier: Apache-2.0
#include "sys/path_in_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "sys/call_error.h"

namespace sys {
namespace {

int open_resolved(int directory, const char* path, int flags, std::uint32_t mode, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = resolve;
  // The kernel answers EAGAIN when something on the way was renamed meanwhile.
  constexpr int kTries = 64;
  for (int i = 0; i < kTries; ++i) {
    const long fd = ::syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if (errno != EAGAIN && errno != EINTR) return -1;
  }
  return -1;
}

std::uint64_t in_root_flags(Symlinks symlinks) {
  return RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
         (symlinks == Symlinks::Refuse ? RESOLVE_NO_SYMLINKS : std::uint64_t{0});
}

tl::unexpected<base::Error> open_failed(std::string_view path) {
  const int saved = errno;
  base::Error error = base::make_errno_error(fmt::format("openat2(container's \"{}\")", path), saved);
  if (saved == ELOOP) error.hint = "symbolic links are not followed here (or too many were)";
  return base::fail(std::move(error));
}

}  // namespace

std::string clean_absolute_path(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      const auto last = out.rfind('/');
      if (last != std::string::npos) out.resize(last);
      continue;
    }
    out += '/';
    out += part;
  }
  return out.empty() ? "/" : out;
}

base::Result<UniqueFd> open_container_path(int root, const std::string& path, int flags, std::uint32_t mode,
                                           Symlinks symlinks) {
  const int fd = open_resolved(root, path.c_str(), flags, mode, in_root_flags(symlinks));
  if (fd < 0) return open_failed(path);
  return UniqueFd(fd);
}

base::Result<UniqueFd> open_subpath(int directory, const std::string& path, int flags) {
  const int fd = open_resolved(directory, path.c_str(), flags, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
  if (fd < 0) return open_failed(path);
  return UniqueFd(fd);
}

base::Result<UniqueFd> make_directory_in_root(int root, const std::string& path, Symlinks symlinks) {
  constexpr int kFlags = O_PATH | O_DIRECTORY;
  const std::string clean = clean_absolute_path(path);
  UniqueFd found(open_resolved(root, clean.c_str(), kFlags, 0, in_root_flags(symlinks)));
  if (found.valid()) return found;
  if (errno != ENOENT) return open_failed(clean);

  UniqueFd parent = TRY(open_container_path(root, "/", kFlags));
  std::size_t at = 0;
  while (at < clean.size()) {
    const std::size_t end = std::min(clean.find('/', at + 1), clean.size());
    const std::string prefix = clean.substr(0, end);
    const std::string name = clean.substr(at + 1, end - at - 1);
    at = end;
    UniqueFd next(open_resolved(root, prefix.c_str(), kFlags, 0, in_root_flags(symlinks)));
    if (!next.valid()) {
      if (errno != ENOENT) return open_failed(prefix);
      // A name that exists but cannot be opened is a dangling link: it may not decide where we write.
      if (::mkdirat(parent.value(), name.c_str(), 0755) != 0) {
        return call_failed(fmt::format("mkdir(container's \"{}\")", prefix));
      }
      next = UniqueFd(::openat(parent.value(), name.c_str(), kFlags | O_NOFOLLOW | O_CLOEXEC));
      if (!next.valid()) return open_failed(prefix);
    }
    parent = std::move(next);
  }
  return parent;
}

base::Result<UniqueFd> make_file_in_root(int root, const std::string& path) {
  const std::string clean = clean_absolute_path(path);
  UniqueFd found(open_resolved(root, clean.c_str(), O_PATH, 0, in_root_flags(Symlinks::FollowInRoot)));
  if (found.valid()) return found;
  if (errno != ENOENT) return open_failed(clean);
  const auto slash = clean.rfind('/');
  const std::string name = clean.substr(slash + 1);
  const UniqueFd parent = TRY(make_directory_in_root(root, clean.substr(0, slash + 1)));
  const UniqueFd made(
      ::openat(parent.value(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!made.valid() && errno != EEXIST) {
    return call_failed(fmt::format("create(container's \"{}\")", clean));
  }
  const int fd = ::openat(parent.value(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return open_failed(clean);
  UniqueFd file(fd);
  struct stat status {};
  if (::fstat(fd, &status) != 0 || S_ISLNK(status.st_mode)) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("\"{}\" in the container is a link to nothing", clean));
  }
  return file;
}

}  // namespace sys
