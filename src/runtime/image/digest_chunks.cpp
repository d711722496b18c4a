// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/digest_chunks.h"

#include <fmt/format.h>

namespace runtime::image {

VerifiedChunks::VerifiedChunks(ChunkSource& input, model::Digest digest, std::int64_t size)
    : input_(input), digest_(std::move(digest)), size_(size) {}

base::Result<std::string_view> VerifiedChunks::next() {
  if (ended_) return std::string_view();
  const std::string_view data = TRY(input_.next());
  seen_ += std::ssize(data);
  if (seen_ > size_ || (data.empty() && seen_ != size_)) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("{} has {} {} bytes, expected {}", digest_.text(),
                                  seen_ > size_ ? "at least" : "only", seen_, size_));
  }
  if (!data.empty()) {
    hash_.update(data);
    return data;
  }
  ended_ = true;
  const std::string hex = hash_.finish_hex();
  if (hex != digest_.hex()) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("the content's digest is sha256:{}, expected {}", hex, digest_.text()));
  }
  return std::string_view();
}

}  // namespace runtime::image
