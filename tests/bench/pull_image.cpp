// SPDX-License-Identifier: Apache-2.0
#include "bench/pull_image.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "bench/in_parallel.h"
#include "runtime/registry/manifest.h"
#include "support/tar_builder.h"

namespace bench {
namespace {

namespace media_type = runtime::registry::media_type;

constexpr std::array<std::size_t, 8> kLayerMegabytes{220, 130, 90, 60, 45, 30, 15, 10};
constexpr std::size_t kPiece = 256 * 1024;
const std::string kTarEnd(1024, '\0');

/// Numbers that are the same on every machine.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    return state_ ^= state_ << 17;
  }
  std::size_t below(std::size_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

/// What a layer's files hold: a third text, a third records like a program's tables, the rest in between.
class Content {
 public:
  explicit Content(std::uint64_t seed) : numbers_(seed) {
    for (std::string& word : words_) {
      for (std::size_t i = 2 + numbers_.below(8); i > 0; --i)
        word += static_cast<char>('a' + numbers_.below(26));
    }
  }
  std::string make(std::size_t size) {
    std::string out;
    out.reserve(size + 64);
    const std::size_t kind = numbers_.below(10);
    while (out.size() < size) {
      if (kind < 4) {
        // Common words come often: the smaller of two numbers.
        out += words_[std::min(numbers_.below(words_.size()), numbers_.below(words_.size()))];
        out += numbers_.below(12) == 0 ? '\n' : ' ';
      } else if (kind < 9) {
        const std::uint64_t noise = numbers_.next();
        const std::array<std::uint32_t, 5> record{static_cast<std::uint32_t>(out.size()), 0x48c78948,
                                                  static_cast<std::uint32_t>(noise & 0xffff), 0,
                                                  static_cast<std::uint32_t>(noise >> 52)};
        out.append(reinterpret_cast<const char*>(record.data()), sizeof record);
      } else {
        const std::uint64_t noise = numbers_.next();
        out.append(reinterpret_cast<const char*>(&noise), sizeof noise);
      }
    }
    out.resize(size);
    return out;
  }
  /// Most files are small, most bytes are in large ones.
  std::size_t file_size() {
    const std::size_t kind = numbers_.below(100);
    if (kind < 70) return 200 + numbers_.below(8'000);
    return kind < 97 ? 8'000 + numbers_.below(60'000) : 100'000 + numbers_.below(1'500'000);
  }

 private:
  Numbers numbers_;
  std::array<std::string, 4096> words_;
};

/// Without the two empty blocks at the end.
std::string make_members(std::size_t layer) {
  Content content(layer + 1);
  test::TarBuilder tar;
  std::size_t left = kLayerMegabytes[layer] * 1'000'000;
  for (std::size_t number = 0; left > 0; ++number) {
    const std::string folder = "usr/share/part" + std::to_string(layer) + "/" + std::to_string(number / 40);
    if (number % 40 == 0) tar.folder(folder);
    const std::size_t size = std::min(left, content.file_size());
    tar.file(folder + "/file" + std::to_string(number), content.make(size));
    left -= size;
  }
  std::string out = tar.finish();
  if (!out.ends_with(kTarEnd)) std::abort();
  out.resize(out.size() - kTarEnd.size());
  return out;
}

/// Deflate's blocks of `data`, ended so that any others may follow (Z_FULL_FLUSH) or none (Z_FINISH).
std::string deflated(std::string_view data, int end) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    std::abort();
  std::string out(deflateBound(&stream, data.size()) + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, end) != (end == Z_FINISH ? Z_STREAM_END : Z_OK) || stream.avail_in != 0) std::abort();
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& data) {
  std::string out(ZSTD_compressBound(data.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), data.data(), data.size(), 3);
  if (ZSTD_isError(size) != 0) std::abort();
  out.resize(size);
  return out;
}

/// Part of a gzip stream: its blocks, and what they hold.
struct Blocks {
  std::string bytes;
  std::uint64_t checksum = 0, size = 0;
};

Blocks make_blocks(std::string_view data, int end) {
  return {deflated(data, end), crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()),
          data.size()};
}

/// RFC 1952: a header, the blocks, checksum and length.
std::string gzip(std::span<const Blocks> parts, const Blocks& end) {
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  std::uint64_t checksum = 0, size = 0;
  const auto add = [&](const Blocks& blocks) {
    out += blocks.bytes;
    checksum = crc32_combine(checksum, blocks.checksum, static_cast<z_off_t>(blocks.size));
    size += blocks.size;
  };
  for (const Blocks& blocks : parts) add(blocks);
  add(end);
  for (const std::uint64_t number : {checksum, size}) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(number >> shift & 0xff);
  }
  return out;
}

}  // namespace

PullImage::PullImage() : members_(kLayerMegabytes.size()), eight_(members_.size()), one_(1) {
  std::vector<Blocks> blocks(members_.size());
  in_parallel(members_.size(), processors(), [&](std::size_t i) {
    members_[i] = make_members(i);
    blocks[i] = make_blocks(members_[i], Z_FULL_FLUSH);
  });
  const Blocks end = make_blocks(kTarEnd, Z_FINISH);
  for (std::size_t i = 0; i < eight_.size(); ++i) {
    eight_[i] = {{members_[i], kTarEnd},
                 gzip(std::span(blocks).subspan(i, 1), end),
                 std::string(media_type::kOciLayerGzip)};
    one_[0].tar.push_back(members_[i]);
  }
  eight_.back().blob = zstd(members_.back() + kTarEnd);
  eight_.back().media_type = media_type::kOciLayerZstd;
  one_[0].tar.push_back(kTarEnd);
  one_[0].blob = gzip(blocks, end);
  one_[0].media_type = media_type::kOciLayerGzip;
}

base::Result<std::string_view> TarParts::next() {
  if (part_ < layer_.tar.size() && at_ == layer_.tar[part_].size()) {
    ++part_;
    at_ = 0;
  }
  if (part_ == layer_.tar.size()) return std::string_view();
  const std::string_view out = layer_.tar[part_].substr(at_, kPiece);
  at_ += out.size();
  return out;
}

}  // namespace bench
