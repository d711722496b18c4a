// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "model/digest.h"
#include "runtime/image/byte_source.h"
#include "sys/sha256.h"

namespace runtime::image {

/// Lends bytes on and holds them against the size and digest somebody promised: the call that would give the
/// end fails when they differ, and so does the first byte too many.
class VerifiedChunks final : public ChunkSource {
 public:
  VerifiedChunks(ChunkSource& input, model::Digest digest, std::int64_t size);
  base::Result<std::string_view> next() override;

 private:
  ChunkSource& input_;
  model::Digest digest_;
  std::int64_t size_, seen_ = 0;
  sys::Sha256 hash_;
  bool ended_ = false;
};

}  // namespace runtime::image
