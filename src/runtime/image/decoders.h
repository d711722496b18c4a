// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "runtime/image/byte_source.h"

namespace runtime::image {

/// Keeps what of the current chunk is not used up yet, and counts what went in.
class InputWindow {
 public:
  explicit InputWindow(ChunkSource& input) : input_(input) {}
  /// Bytes to decode; empty at the end of the input.
  base::Result<std::string_view> fill();
  void use(std::size_t count);
  std::int64_t used() const { return used_; }

 private:
  ChunkSource& input_;
  std::string_view rest_;
  std::int64_t used_ = 0;
};

/// One decoder each. They end at the end of the input, and fail when it ends inside a member.
std::unique_ptr<ByteSource> make_stored_decoder(InputWindow& input);
/// Null where libisal is not to be had.
std::unique_ptr<ByteSource> make_isal_gzip_decoder(InputWindow& input);
std::unique_ptr<ByteSource> make_zlib_gzip_decoder(InputWindow& input);
std::unique_ptr<ByteSource> make_zstd_decoder(InputWindow& input);
std::unique_ptr<ByteSource> make_xz_decoder(InputWindow& input);
std::unique_ptr<ByteSource> make_bzip2_decoder(InputWindow& input);

/// `the gzip data is damaged: <why>`
base::Error damaged(std::string_view format, std::string_view why);

}  // namespace runtime::image
