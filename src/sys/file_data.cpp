// SPDX-License-Identifier: Apache-2.0
#include "sys/file_data.h"

#include <dirent.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include <fmt/format.h>

#include "sys/file.h"
#include "sys/sha256.h"

namespace sys {
namespace {

constexpr std::size_t kBufferSize = 256 * 1024;

tl::unexpected<base::Error> failed(std::string call) {
  const int saved = errno;
  return base::fail(base::make_errno_error(call, saved));
}

base::Result<std::size_t> read_piece(int fd, char* buffer, std::string_view what) {
  while (true) {
    const ssize_t count = ::read(fd, buffer, kBufferSize);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return failed(fmt::format("read(\"{}\")", what));
  }
}

}  // namespace

base::Result<std::int64_t> copy_file_data(int from, int to, std::string_view what) {
  std::int64_t total = 0;
  if (::ioctl(to, FICLONE, from) == 0) {
    const off_t size = ::lseek(from, 0, SEEK_END);
    if (size < 0) return failed(fmt::format("lseek(\"{}\")", what));
    return static_cast<std::int64_t>(size);
  }
  constexpr std::size_t kPiece = std::size_t{1} << 30;
  while (true) {
    const ssize_t count = ::copy_file_range(from, nullptr, to, nullptr, kPiece, 0);
    // Some file systems of the kernel's own say 0 for files that do have content: read once more below.
    if (count == 0) break;
    if (count > 0) {
      total += count;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM) break;
    return failed(fmt::format("copy_file_range(\"{}\")", what));
  }
  if (total > 0) return total;
  std::string buffer(kBufferSize, '\0');
  while (true) {
    const std::size_t count = TRY(read_piece(from, buffer.data(), what));
    if (count == 0) return total;
    TRY(write_all(to, std::string_view(buffer.data(), count)));
    total += static_cast<std::int64_t>(count);
  }
}

base::Result<std::string> hash_file_data(int fd, std::string_view what) {
  thread_local std::string buffer(kBufferSize, '\0');
  Sha256 hash;
  while (true) {
    const std::size_t count = TRY(read_piece(fd, buffer.data(), what));
    if (count == 0) return hash.finish_hex();
    hash.update(std::string_view(buffer.data(), count));
  }
}

base::Result<std::vector<std::string>> read_names(UniqueFd fd, std::string_view what) {
  DIR* stream = ::fdopendir(fd.value());
  if (stream == nullptr) return failed(fmt::format("fdopendir(\"{}\")", what));
  fd.release();
  const std::unique_ptr<DIR, int (*)(DIR*)> closer(stream, ::closedir);
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream);
    if (entry == nullptr && errno != 0) return failed(fmt::format("readdir(\"{}\")", what));
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace sys
