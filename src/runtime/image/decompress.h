// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "runtime/image/byte_source.h"

namespace runtime::image {

enum class Compression { None, Gzip, Zstd, Xz, Bzip2 };

/// "none", "gzip" and so on, for messages.
std::string_view to_text(Compression compression);

/// By the first bytes; names and media types are not believed. Needs kSniffLength bytes unless the data is
/// shorter.
Compression sniff_compression(std::string_view start);
inline constexpr std::size_t kSniffLength = 6;

/// A bomb's mark: more than kMostExpansion bytes out for each byte in, once kFreeExpansion bytes are out.
/// Deflate cannot do more than 1,032; a legitimate tar of zeros under zstd can, up to the free part.
inline constexpr std::int64_t kMostExpansion = 2'000;
inline constexpr std::int64_t kFreeExpansion = std::int64_t{4} << 30;

struct ExpansionLimit {
  std::int64_t ratio = kMostExpansion;
  std::int64_t free = kFreeExpansion;
};

/// Lends the bytes of `input` again after looking at the first ones.
class SniffedChunks final : public ChunkSource {
 public:
  explicit SniffedChunks(ChunkSource& input) : input_(input) {}
  /// Reads ahead; call once, before next().
  base::Result<Compression> sniff();
  base::Result<std::string_view> next() override;

 private:
  ChunkSource& input_;
  std::string first_;
  bool pending_ = false;
};

/// The bytes behind `input`, whatever it is compressed with; concatenated members are one stream. Nothing
/// is executed for it: all decoders are in this program. `input` must outlive it. Invalid for data that is
/// damaged, cut short or a bomb.
base::Result<std::unique_ptr<ByteSource>> make_decompressor(Compression compression, ChunkSource& input,
                                                            ExpansionLimit limit = {});

/// Which gzip decoder is at work: "isa-l" or "zlib".
std::string_view gzip_decoder_name();

}  // namespace runtime::image
