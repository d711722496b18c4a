// SPDX-License-Identifier: Apache-2.0
#include "sys/path_at.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include <fmt/format.h>

namespace sys {
namespace {

tl::unexpected<base::Error> failed(std::string call) {
  const int saved = errno;
  return base::fail(base::make_errno_error(call, saved));
}

base::Result<> done(int code, std::string_view call, const std::string& name) {
  if (code != 0) return failed(fmt::format("{}(\"{}\")", call, name));
  return {};
}

base::Result<UniqueFd> open_resolved(int root, const std::string& path, int flags, std::uint32_t mode,
                                     std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  // The kernel refuses a mode where nothing can be created.
  how.mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? mode : 0;
  how.resolve = resolve;
  while (true) {
    const long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    // EAGAIN: a rename raced with ".."; man 2 openat2 asks to try again.
    if (errno != EAGAIN && errno != EINTR) return failed(fmt::format("openat2(\"{}\")", path));
  }
}

}  // namespace

base::Result<UniqueFd> open_in_root(int root, const std::string& path, int flags, std::uint32_t mode) {
  return open_resolved(root, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

base::Result<UniqueFd> open_beneath(int root, const std::string& path, int flags, std::uint32_t mode) {
  return open_resolved(root, path, flags, mode,
                       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

base::Result<std::optional<struct stat>> stat_at(int folder, const std::string& name) {
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return std::optional(status);
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<struct stat>();
  return failed(fmt::format("fstatat(\"{}\")", name));
}

base::Result<struct stat> stat_fd(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return failed("fstat");
  return status;
}

base::Result<> make_directory_at(int folder, const std::string& name, std::uint32_t mode) {
  return done(::mkdirat(folder, name.c_str(), mode), "mkdirat", name);
}

base::Result<> make_symlink_at(int folder, const std::string& name, const std::string& target) {
  return done(::symlinkat(target.c_str(), folder, name.c_str()), "symlinkat", name);
}

base::Result<> make_node_at(int folder, const std::string& name, std::uint32_t mode, std::uint32_t major,
                            std::uint32_t minor) {
  return done(::mknodat(folder, name.c_str(), mode, ::makedev(major, minor)), "mknodat", name);
}

base::Result<> make_link_at(int from_folder, const std::string& from_name, int folder,
                            const std::string& name) {
  return done(::linkat(from_folder, from_name.c_str(), folder, name.c_str(), 0), "linkat", name);
}

base::Result<> rename_at(int from_folder, const std::string& from_name, int folder, const std::string& name) {
  return done(::renameat(from_folder, from_name.c_str(), folder, name.c_str()), "renameat", name);
}

base::Result<std::string> read_link_at(int folder, const std::string& name) {
  std::array<char, 4097> buffer;
  const ssize_t size = ::readlinkat(folder, name.c_str(), buffer.data(), buffer.size());
  if (size < 0) return failed(fmt::format("readlinkat(\"{}\")", name));
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

base::Result<> remove_at(int folder, const std::string& name) {
  if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return failed(fmt::format("unlinkat(\"{}\")", name));
  const int child = ::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (child < 0) return failed(fmt::format("openat(\"{}\")", name));
  DIR* stream = ::fdopendir(child);
  if (stream == nullptr) {
    ::close(child);
    return failed(fmt::format("fdopendir(\"{}\")", name));
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> closer(stream, ::closedir);
  while (const dirent* entry = ::readdir(stream)) {
    const std::string inner = entry->d_name;
    if (inner != "." && inner != "..") TRY(remove_at(::dirfd(stream), inner));
  }
  return done(::unlinkat(folder, name.c_str(), AT_REMOVEDIR), "rmdir", name);
}

base::Result<> remove_one_at(int folder, const std::string& name) {
  if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return failed(fmt::format("unlinkat(\"{}\")", name));
  return done(::unlinkat(folder, name.c_str(), AT_REMOVEDIR), "rmdir", name);
}

base::Result<> set_owner_at(int folder, const std::string& name, Ownership owner) {
  return done(::fchownat(folder, name.c_str(), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW), "fchownat", name);
}

base::Result<> set_mode_at(int folder, const std::string& name, std::uint32_t mode) {
  // fchmodat has no "do not follow" before fchmodat2 (6.6); glibc goes through /proc. Open it instead.
  const int fd = ::openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return failed(fmt::format("openat(\"{}\")", name));
  const UniqueFd owner(fd);
  struct stat status {};
  if (::fstat(fd, &status) != 0) return failed(fmt::format("fstat(\"{}\")", name));
  if (S_ISLNK(status.st_mode)) return {};
  return done(::fchmodat(AT_FDCWD, fmt::format("/proc/self/fd/{}", fd).c_str(), mode, 0), "fchmodat", name);
}

base::Result<> set_time_at(int folder, const std::string& name, timespec modified) {
  const std::array<timespec, 2> times{modified, modified};
  return done(::utimensat(folder, name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW), "utimensat", name);
}

base::Result<> set_owner(int fd, Ownership owner) {
  if (::fchown(fd, owner.uid, owner.gid) != 0) return failed("fchown");
  return {};
}

base::Result<> set_mode(int fd, std::uint32_t mode) {
  if (::fchmod(fd, mode) != 0) return failed("fchmod");
  return {};
}

base::Result<> set_time(int fd, timespec modified) {
  const std::array<timespec, 2> times{modified, modified};
  if (::futimens(fd, times.data()) != 0) return failed("futimens");
  return {};
}

}  // namespace sys
