// SPDX-License-Identifier: Apache-2.0
#include "sys/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include <fmt/format.h>

namespace sys {
namespace {

tl::unexpected<base::Error> failed(std::string call) {
  const int saved = errno;
  return base::fail(base::make_errno_error(call, saved));
}

/// Removes what is in `directory`, which it owns.
base::Result<> remove_entries(UniqueFd directory, const std::string& path) {
  DIR* stream = ::fdopendir(directory.value());
  if (stream == nullptr) return failed(fmt::format("fdopendir(\"{}\")", path));
  directory.release();
  const std::unique_ptr<DIR, int (*)(DIR*)> closer(stream, ::closedir);
  const int at = ::dirfd(stream);
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (entry->d_type != DT_DIR && ::unlinkat(at, name.c_str(), 0) == 0) continue;
    if (entry->d_type != DT_DIR && errno == ENOENT) continue;
    const int child = ::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (child < 0 && errno == ENOENT) continue;  // somebody else removes the same tree
    if (child < 0) return failed(fmt::format("openat(\"{}/{}\")", path, name));
    TRY(remove_entries(UniqueFd(child), path + "/" + name));
    if (::unlinkat(at, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
      return failed(fmt::format("rmdir(\"{}/{}\")", path, name));
    }
  }
  return {};
}

}  // namespace

base::Result<UniqueFd> open_file(const std::string& path, int flags, std::uint32_t mode) {
  return open_at(AT_FDCWD, path, flags, mode);
}

base::Result<UniqueFd> open_at(int directory, const std::string& name, int flags, std::uint32_t mode) {
  const int fd = ::openat(directory, name.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return failed(fmt::format("open(\"{}\")", name));
  return UniqueFd(fd);
}

base::Result<std::string> read_all(int fd, std::string_view what, std::size_t limit) {
  // Commands read many small files: the buffer is as large as needed, and nothing is zeroed to be
  // overwritten. A size is somebody else's word: no more is reserved than may be read.
  constexpr std::size_t kFirst = 4096;
  const std::size_t most = std::max(limit, limit + 1);
  const auto too_large = [&] {
    return base::fail(base::ErrorClass::Invalid, fmt::format("{} is larger than {} bytes", what, limit));
  };
  struct stat status {};
  const bool sized = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
  if (sized && static_cast<std::uint64_t>(status.st_size) > limit) return too_large();
  std::string out;
  out.reserve(sized ? static_cast<std::size_t>(status.st_size) + 1 : kFirst);
  while (true) {
    if (out.size() == out.capacity()) out.reserve(std::min(out.capacity() * 2, most));
    const std::size_t old_size = out.size();
    ssize_t count = 0;
    out.resize_and_overwrite(std::min(out.capacity(), most), [&](char* data, std::size_t size) {
      count = ::read(fd, data + old_size, size - old_size);
      return old_size + static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    });
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(fmt::format("read(\"{}\")", what));
    if (count == 0) return out;
    if (out.size() > limit) return too_large();
  }
}

base::Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const UniqueFd fd = TRY(open_file(path, O_RDONLY));
  return read_all(fd.value(), path, limit);
}

base::Result<std::size_t> read_some(int fd, std::span<char> room) {
  while (true) {
    const ssize_t count = ::read(fd, room.data(), room.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return failed("read");
  }
}

base::Result<std::size_t> read_some_at(int fd, std::span<char> room, std::int64_t offset) {
  while (true) {
    const ssize_t count = ::pread(fd, room.data(), room.size(), offset);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return failed("pread");
  }
}

base::Result<> skip_ahead(int fd, std::int64_t count) {
  if (::lseek(fd, count, SEEK_CUR) < 0) return failed(fmt::format("lseek({})", count));
  return {};
}

base::Result<std::int64_t> position_of(int fd) {
  const off_t at = ::lseek(fd, 0, SEEK_CUR);
  if (at < 0) return failed("lseek");
  return at;
}

base::Result<UniqueFd> make_unnamed_file(const std::string& folder) {
  return open_file(folder, O_RDWR | O_TMPFILE, 0600);
}

base::Result<> write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = ::write(fd, data.data(), data.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("write");
    data.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

base::Result<> write_file(const std::string& path, std::string_view data, std::uint32_t mode,
                          Durability durability) {
  std::uint64_t salt = 0;
  if (::getrandom(&salt, sizeof salt, 0) != sizeof salt) return failed("getrandom");
  const std::string temporary = fmt::format("{}.{:016x}.tmp", path, salt);
  const auto written = [&]() -> base::Result<> {
    const UniqueFd fd = TRY(open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, mode));
    if (::fchmod(fd.value(), mode) != 0) return failed(fmt::format("fchmod(\"{}\")", temporary));
    TRY_WHILE(write_all(fd.value(), data), fmt::format("writing {}", temporary));
    if (durability == Durability::Sync && ::fdatasync(fd.value()) != 0) {
      return failed(fmt::format("fdatasync(\"{}\")", temporary));
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
      return failed(fmt::format("rename(\"{}\", \"{}\")", temporary, path));
    }
    return {};
  }();
  if (!written) ::unlink(temporary.c_str());
  return written;
}

base::Result<> make_directories(const std::string& path, std::uint32_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  if (errno == EEXIST) return {};
  if (errno != ENOENT) return failed(fmt::format("mkdir(\"{}\")", path));
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos || slash == 0) return failed(fmt::format("mkdir(\"{}\")", path));
  TRY(make_directories(path.substr(0, slash), mode));
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return failed(fmt::format("mkdir(\"{}\")", path));
  }
  return {};
}

base::Result<> remove_tree(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return failed(fmt::format("unlink(\"{}\")", path));
  TRY(remove_entries(TRY(open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)), path));
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) return failed(fmt::format("rmdir(\"{}\")", path));
  return {};
}

base::Result<std::vector<std::string>> list_directory(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(path.c_str()), ::closedir);
  if (!stream) return failed(fmt::format("opendir(\"{}\")", path));
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

base::Result<std::vector<std::string>> list_directory_at(int folder) {
  UniqueFd fd = TRY(open_at(folder, ".", O_RDONLY | O_DIRECTORY));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.value()), ::closedir);
  if (!stream) return failed("fdopendir");
  fd.release();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

base::Result<> check_access(const std::string& path, int rights) {
  if (::faccessat(AT_FDCWD, path.c_str(), rights, AT_EACCESS) == 0) return {};
  return failed(fmt::format("access(\"{}\")", path));
}

bool path_exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

base::Result<> rename_path(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed(fmt::format("rename(\"{}\", \"{}\")", from, to));
  return {};
}

base::Result<UniqueFd> lock_file(const std::string& path) {
  UniqueFd fd = TRY(open_file(path, O_RDWR | O_CREAT, 0600));
  while (::flock(fd.value(), LOCK_EX) != 0) {
    if (errno != EINTR) return failed(fmt::format("flock(\"{}\")", path));
  }
  return fd;
}

}  // namespace sys
