// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace runtime::image {

/// Bytes that are lent piece by piece, without a copy.
class ChunkSource {
 public:
  virtual ~ChunkSource() = default;
  /// The next bytes, valid until the next call; empty at the end.
  virtual base::Result<std::string_view> next() = 0;
  /// Passes over `count` bytes without reading them; false where that cannot be done (read them then).
  virtual bool skip(std::int64_t count) {
    static_cast<void>(count);
    return false;
  }
};

/// Bytes that are written where the caller says.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills some of `room`; 0 at the end.
  virtual base::Result<std::size_t> read(std::span<char> room) = 0;
};

/// Text in memory, in pieces of at most `piece` bytes. The text must outlive it.
class MemoryChunks final : public ChunkSource {
 public:
  explicit MemoryChunks(std::string_view text, std::size_t piece = std::string_view::npos)
      : rest_(text), piece_(piece) {}
  base::Result<std::string_view> next() override;

 private:
  std::string_view rest_;
  std::size_t piece_;
};

/// A descriptor from where it stands, at most `limit` bytes. The descriptor stays the caller's.
class FdChunks final : public ChunkSource {
 public:
  explicit FdChunks(int fd, std::int64_t limit = INT64_MAX);
  base::Result<std::string_view> next() override;

 private:
  int fd_;
  std::int64_t left_;
  std::string buffer_;
};

/// Lends what `input` gives and asks before each piece: an error of `guard` is the end. Both must outlive it.
class GuardedChunks final : public ChunkSource {
 public:
  GuardedChunks(ChunkSource& input, const std::function<base::Result<>()>& guard)
      : input_(input), guard_(guard) {}
  base::Result<std::string_view> next() override;

 private:
  ChunkSource& input_;
  const std::function<base::Result<>()>& guard_;
};

/// A part of a file that can be read at any place; several may read one descriptor at the same time. The
/// descriptor stays the caller's.
class FileChunks final : public ChunkSource {
 public:
  FileChunks(int fd, std::int64_t offset, std::int64_t length);
  base::Result<std::string_view> next() override;
  bool skip(std::int64_t count) override;

 private:
  int fd_;
  std::int64_t offset_, end_;
  std::string buffer_;
};

/// Lends what a ByteSource gives. The source must outlive it.
class BufferedChunks final : public ChunkSource {
 public:
  explicit BufferedChunks(ByteSource& source);
  base::Result<std::string_view> next() override;

 private:
  ByteSource& source_;
  std::string buffer_;
};

}  // namespace runtime::image
