// SPDX-License-Identifier: Apache-2.0
#include "sys/record_io.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sys {

base::Result<std::uint64_t> file_size(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return base::fail(base::make_errno_error(fmt::format("fstat(\"{}\")", path), errno));
  }
  return static_cast<std::uint64_t>(status.st_size);
}

bool read_at(int fd, void* data, std::size_t size, std::uint64_t offset) {
  return ::pread(fd, data, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

std::int64_t write_parts(int fd, std::initializer_list<std::string_view> parts) {
  std::array<iovec, 8> vectors{};
  int count = 0;
  for (const std::string_view part : parts) {
    if (count == static_cast<int>(vectors.size())) {
      errno = EINVAL;
      return -1;
    }
    vectors[static_cast<std::size_t>(count++)] = {const_cast<char*>(part.data()), part.size()};
  }
  return ::writev(fd, vectors.data(), count);
}

base::Result<> truncate_file(int fd, std::uint64_t size, const std::string& path) {
  if (::ftruncate(fd, static_cast<off_t>(size)) == 0) return {};
  return base::fail(base::make_errno_error(fmt::format("ftruncate(\"{}\", {})", path, size), errno));
}

base::Result<> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return {};
  return base::fail(base::make_errno_error(fmt::format("unlink(\"{}\")", path), errno));
}

base::Result<bool> wait_readable(int fd, std::chrono::milliseconds timeout) {
  pollfd poll{fd, POLLIN, 0};
  const int ready = ::poll(&poll, 1, static_cast<int>(timeout.count()));
  if (ready < 0 && errno != EINTR) {
    return base::fail(base::make_errno_error(fmt::format("poll({}, {} ms)", fd, timeout.count()), errno));
  }
  return ready > 0;
}

}  // namespace sys
