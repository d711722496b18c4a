// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/decoders.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace runtime::image {
namespace {

constexpr std::uint64_t kXzMemory = std::uint64_t{512} << 20;  ///< What one xz stream may ask for.
constexpr int kZstdWindowLog = 27;  ///< 128 MiB: what decoders must take; more is refused.

class StoredDecoder final : public ByteSource {
 public:
  explicit StoredDecoder(InputWindow& input) : input_(input) {}
  base::Result<std::size_t> read(std::span<char> room) override {
    const std::string_view data = TRY(input_.fill());
    const std::size_t count = std::min(room.size(), data.size());
    std::memcpy(room.data(), data.data(), count);
    input_.use(count);
    return count;
  }

 private:
  InputWindow& input_;
};

class ZlibDecoder final : public ByteSource {
 public:
  explicit ZlibDecoder(InputWindow& input) : input_(input) {}
  ~ZlibDecoder() override { inflateEnd(&stream_); }
  bool open() {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    return inflateInit2(&stream_, kGzipOnly) == Z_OK;
  }
  base::Result<std::size_t> read(std::span<char> room) override {
    stream_.next_out = reinterpret_cast<Bytef*>(room.data());
    stream_.avail_out = static_cast<uInt>(room.size());
    while (stream_.avail_out == room.size()) {
      const std::string_view data = TRY(input_.fill());
      if (data.empty()) {
        if (inside_) return base::fail(damaged("gzip", "it ends early"));
        return 0;
      }
      if (!inside_) inflateReset(&stream_);
      inside_ = true;
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
      stream_.avail_in = static_cast<uInt>(data.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      input_.use(data.size() - stream_.avail_in);
      if (code == Z_STREAM_END) {
        inside_ = false;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return base::fail(damaged("gzip", stream_.msg != nullptr ? stream_.msg : "unknown fault"));
      }
    }
    return room.size() - stream_.avail_out;
  }

 private:
  InputWindow& input_;
  z_stream stream_{};
  bool inside_ = false;
};

class ZstdDecoder final : public ByteSource {
 public:
  explicit ZstdDecoder(InputWindow& input) : input_(input), stream_(ZSTD_createDStream()) {}
  ~ZstdDecoder() override { ZSTD_freeDStream(stream_); }
  bool open() {
    return stream_ != nullptr &&
           ZSTD_isError(ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kZstdWindowLog)) == 0;
  }
  base::Result<std::size_t> read(std::span<char> room) override {
    ZSTD_outBuffer out{room.data(), room.size(), 0};
    while (out.pos == 0) {
      const std::string_view data = TRY(input_.fill());
      // A full output buffer may have left decoded bytes inside: ask for them before giving up.
      if (data.empty() && !more_inside_) {
        if (inside_) return base::fail(damaged("zstd", "it ends early"));
        return 0;
      }
      ZSTD_inBuffer in{data.data(), data.size(), 0};
      const std::size_t hint = ZSTD_decompressStream(stream_, &out, &in);
      if (ZSTD_isError(hint) != 0) return base::fail(damaged("zstd", ZSTD_getErrorName(hint)));
      input_.use(in.pos);
      inside_ = hint != 0;
      more_inside_ = inside_ && out.pos == out.size;
    }
    return out.pos;
  }

 private:
  InputWindow& input_;
  ZSTD_DStream* stream_;
  bool inside_ = false, more_inside_ = false;
};

class XzDecoder final : public ByteSource {
 public:
  explicit XzDecoder(InputWindow& input) : input_(input) {}
  ~XzDecoder() override { lzma_end(&stream_); }
  bool open() { return lzma_stream_decoder(&stream_, kXzMemory, LZMA_CONCATENATED) == LZMA_OK; }
  base::Result<std::size_t> read(std::span<char> room) override {
    if (ended_) return 0;
    stream_.next_out = reinterpret_cast<std::uint8_t*>(room.data());
    stream_.avail_out = room.size();
    while (stream_.avail_out == room.size()) {
      const std::string_view data = TRY(input_.fill());
      stream_.next_in = reinterpret_cast<const std::uint8_t*>(data.data());
      stream_.avail_in = data.size();
      const lzma_ret code = lzma_code(&stream_, data.empty() ? LZMA_FINISH : LZMA_RUN);
      input_.use(data.size() - stream_.avail_in);
      if (code == LZMA_STREAM_END) {
        ended_ = true;
        break;
      }
      if (code == LZMA_MEMLIMIT_ERROR)
        return base::fail(damaged("xz", "it asks for more than 512 MiB of memory"));
      if (code != LZMA_OK) {
        return base::fail(damaged("xz", code == LZMA_BUF_ERROR
                                            ? "it ends early"
                                            : fmt::format("liblzma code {}", static_cast<int>(code))));
      }
    }
    return room.size() - stream_.avail_out;
  }

 private:
  InputWindow& input_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ended_ = false;
};

class Bzip2Decoder final : public ByteSource {
 public:
  explicit Bzip2Decoder(InputWindow& input) : input_(input) {}
  ~Bzip2Decoder() override {
    if (inside_) BZ2_bzDecompressEnd(&stream_);
  }
  base::Result<std::size_t> read(std::span<char> room) override {
    std::size_t produced = 0;
    while (produced == 0) {
      const std::string_view data = TRY(input_.fill());
      if (data.empty()) {
        if (inside_) return base::fail(damaged("bzip2", "it ends early"));
        return 0;
      }
      if (!inside_) {
        stream_ = {};
        if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK)
          return base::fail(damaged("bzip2", "no memory for it"));
        inside_ = true;
      }
      stream_.next_in = const_cast<char*>(data.data());
      stream_.avail_in = static_cast<unsigned>(data.size());
      stream_.next_out = room.data();
      stream_.avail_out = static_cast<unsigned>(room.size());
      const int code = BZ2_bzDecompress(&stream_);
      input_.use(data.size() - stream_.avail_in);
      produced = room.size() - stream_.avail_out;
      if (code == BZ_STREAM_END) {
        BZ2_bzDecompressEnd(&stream_);
        inside_ = false;
      } else if (code != BZ_OK) {
        return base::fail(damaged("bzip2", fmt::format("libbz2 code {}", code)));
      }
    }
    return produced;
  }

 private:
  InputWindow& input_;
  bz_stream stream_{};
  bool inside_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> make_stored_decoder(InputWindow& input) {
  return std::make_unique<StoredDecoder>(input);
}

std::unique_ptr<ByteSource> make_zlib_gzip_decoder(InputWindow& input) {
  auto decoder = std::make_unique<ZlibDecoder>(input);
  return decoder->open() ? std::move(decoder) : nullptr;
}

std::unique_ptr<ByteSource> make_zstd_decoder(InputWindow& input) {
  auto decoder = std::make_unique<ZstdDecoder>(input);
  return decoder->open() ? std::move(decoder) : nullptr;
}

std::unique_ptr<ByteSource> make_xz_decoder(InputWindow& input) {
  auto decoder = std::make_unique<XzDecoder>(input);
  return decoder->open() ? std::move(decoder) : nullptr;
}

std::unique_ptr<ByteSource> make_bzip2_decoder(InputWindow& input) {
  return std::make_unique<Bzip2Decoder>(input);
}

}  // namespace runtime::image
