// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/byte_source.h"

#include <algorithm>

#include "sys/file.h"

namespace runtime::image {
namespace {

constexpr std::size_t kBuffer = 256 * 1024;

}  // namespace

base::Result<std::string_view> MemoryChunks::next() {
  const std::string_view out = rest_.substr(0, piece_);
  rest_.remove_prefix(out.size());
  return out;
}

FdChunks::FdChunks(int fd, std::int64_t limit) : fd_(fd), left_(limit), buffer_(kBuffer, '\0') {}

base::Result<std::string_view> FdChunks::next() {
  const std::size_t room = static_cast<std::size_t>(std::min<std::int64_t>(left_, std::ssize(buffer_)));
  if (room == 0) return std::string_view();
  const std::size_t count = TRY(sys::read_some(fd_, std::span(buffer_.data(), room)));
  left_ -= static_cast<std::int64_t>(count);
  return std::string_view(buffer_.data(), count);
}

base::Result<std::string_view> GuardedChunks::next() {
  TRY(guard_());
  return input_.next();
}

FileChunks::FileChunks(int fd, std::int64_t offset, std::int64_t length)
    : fd_(fd), offset_(offset), end_(offset + length), buffer_(kBuffer, '\0') {}

base::Result<std::string_view> FileChunks::next() {
  const auto room =
      static_cast<std::size_t>(std::clamp<std::int64_t>(end_ - offset_, 0, std::ssize(buffer_)));
  if (room == 0) return std::string_view();
  const std::size_t count = TRY(sys::read_some_at(fd_, std::span(buffer_.data(), room), offset_));
  offset_ += static_cast<std::int64_t>(count);
  return std::string_view(buffer_.data(), count);
}

bool FileChunks::skip(std::int64_t count) {
  // Beyond the end the next read finds nothing, as it would have anyway.
  offset_ += std::min(count, end_ - offset_ + 1);
  return true;
}

BufferedChunks::BufferedChunks(ByteSource& source) : source_(source), buffer_(kBuffer, '\0') {}

base::Result<std::string_view> BufferedChunks::next() {
  const std::size_t count = TRY(source_.read(buffer_));
  return std::string_view(buffer_.data(), count);
}

}  // namespace runtime::image
