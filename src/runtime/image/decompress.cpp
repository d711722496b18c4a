// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/decompress.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/image/decoders.h"

namespace runtime::image {
namespace {

/// Counts what comes out and stops a bomb. Owns the decoder and its input.
class GuardedSource final : public ByteSource {
 public:
  GuardedSource(ChunkSource& input, ExpansionLimit limit) : window_(input), limit_(limit) {}
  InputWindow& window() { return window_; }
  void set_decoder(std::unique_ptr<ByteSource> decoder) { decoder_ = std::move(decoder); }

  base::Result<std::size_t> read(std::span<char> room) override {
    const std::size_t count = TRY(decoder_->read(room));
    produced_ += static_cast<std::int64_t>(count);
    const std::int64_t most = std::max(limit_.free, window_.used() * limit_.ratio);
    if (produced_ > most) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("the compressed data expands more than {}-fold: {} bytes from {}",
                                    limit_.ratio, produced_, window_.used()));
    }
    return count;
  }

 private:
  InputWindow window_;
  ExpansionLimit limit_;
  std::unique_ptr<ByteSource> decoder_;
  std::int64_t produced_ = 0;
};

std::unique_ptr<ByteSource> make_gzip_decoder(InputWindow& input) {
  auto fast = make_isal_gzip_decoder(input);
  return fast ? std::move(fast) : make_zlib_gzip_decoder(input);
}

std::unique_ptr<ByteSource> make_decoder(Compression compression, InputWindow& input) {
  switch (compression) {
    case Compression::None: return make_stored_decoder(input);
    case Compression::Gzip: return make_gzip_decoder(input);
    case Compression::Zstd: return make_zstd_decoder(input);
    case Compression::Xz: return make_xz_decoder(input);
    case Compression::Bzip2: return make_bzip2_decoder(input);
  }
  return nullptr;
}

}  // namespace

std::string_view to_text(Compression compression) {
  switch (compression) {
    case Compression::None: return "none";
    case Compression::Gzip: return "gzip";
    case Compression::Zstd: return "zstd";
    case Compression::Xz: return "xz";
    case Compression::Bzip2: return "bzip2";
  }
  return "none";
}

Compression sniff_compression(std::string_view start) {
  if (start.starts_with(std::string_view("\x1f\x8b\x08", 3))) return Compression::Gzip;
  if (start.starts_with(std::string_view("\x28\xb5\x2f\xfd", 4))) return Compression::Zstd;
  // A zstd stream may begin with a skippable frame: 0x184D2A50 to ...5F, little-endian.
  if (start.size() >= 4 && (static_cast<unsigned char>(start[0]) & 0xf0) == 0x50 &&
      start.substr(1, 3) == std::string_view("\x2a\x4d\x18", 3)) {
    return Compression::Zstd;
  }
  if (start.starts_with(std::string_view("\xfd\x37zXZ\x00", 6))) return Compression::Xz;
  if (start.starts_with("BZh")) return Compression::Bzip2;
  return Compression::None;
}

base::Result<Compression> SniffedChunks::sniff() {
  while (first_.size() < kSniffLength) {
    const std::string_view chunk = TRY(input_.next());
    if (chunk.empty()) break;
    first_ += chunk;
  }
  pending_ = !first_.empty();
  return sniff_compression(first_);
}

base::Result<std::string_view> SniffedChunks::next() {
  if (std::exchange(pending_, false)) return std::string_view(first_);
  return input_.next();
}

base::Result<std::unique_ptr<ByteSource>> make_decompressor(Compression compression, ChunkSource& input,
                                                            ExpansionLimit limit) {
  auto guarded = std::make_unique<GuardedSource>(input, limit);
  auto decoder = make_decoder(compression, guarded->window());
  if (!decoder) {
    return base::fail(base::ErrorClass::Internal,
                      fmt::format("the {} decoder could not be set up", to_text(compression)));
  }
  guarded->set_decoder(std::move(decoder));
  return std::unique_ptr<ByteSource>(std::move(guarded));
}

base::Result<std::string_view> InputWindow::fill() {
  if (rest_.empty()) rest_ = TRY(input_.next());
  return rest_;
}

void InputWindow::use(std::size_t count) {
  rest_.remove_prefix(count);
  used_ += static_cast<std::int64_t>(count);
}

base::Error damaged(std::string_view format, std::string_view why) {
  return base::make_error(base::ErrorClass::Invalid, fmt::format("the {} data is damaged: {}", format, why));
}

}  // namespace runtime::image
