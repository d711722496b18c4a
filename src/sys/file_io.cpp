// SPDX-License-Identifier: Apache-2.0
#include "sys/file_io.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

namespace sys {
namespace {

tl::unexpected<base::Error> failed(std::string_view call) {
  const int saved = errno;
  return base::fail(base::make_errno_error(call, saved));
}

}  // namespace

base::Result<FileFacts> file_facts(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return failed(fmt::format("fstat({})", fd));
  return FileFacts{status.st_ino, static_cast<std::uint64_t>(status.st_size),
                   status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec, status.st_nlink};
}

base::Result<bool> is_file_at(int fd, const std::string& path) {
  struct stat open {
  }, there{};
  if (::fstat(fd, &open) != 0) return failed(fmt::format("fstat({})", fd));
  if (::lstat(path.c_str(), &there) == 0) return open.st_ino == there.st_ino && open.st_dev == there.st_dev;
  if (errno == ENOENT) return false;
  return failed(fmt::format("lstat(\"{}\")", path));
}

base::Result<std::size_t> read_at(int fd, std::span<char> buffer, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t size =
        ::pread(fd, buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed(fmt::format("pread({}, offset {})", fd, offset + done));
    if (size == 0) break;
    done += static_cast<std::size_t>(size);
  }
  return done;
}

base::Result<std::size_t> write_parts(int fd, std::span<const std::string_view> parts) {
  std::array<iovec, 4> vectors{};
  if (parts.size() > vectors.size()) return base::fail(base::ErrorClass::Internal, "too many parts to write");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    vectors[i] = {const_cast<char*>(parts[i].data()), parts[i].size()};
  }
  ssize_t size = 0;
  do {
    size = ::writev(fd, vectors.data(), static_cast<int>(parts.size()));
  } while (size < 0 && errno == EINTR);
  if (size < 0) return failed(fmt::format("writev({})", fd));
  return static_cast<std::size_t>(size);
}

base::Result<> truncate_file(int fd, std::uint64_t size) {
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0)
    return failed(fmt::format("ftruncate({}, {})", fd, size));
  return {};
}

base::Result<> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed(fmt::format("unlink(\"{}\")", path));
  return {};
}

}  // namespace sys
