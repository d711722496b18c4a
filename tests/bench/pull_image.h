// SPDX-License-Identifier: Apache-2.0
// The image that bench_pull pulls: 600 MB of files, the same on every machine, as eight layers and as one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/image/byte_source.h"

namespace bench {

/// A layer's tar, in parts that several layers may share, and what a registry keeps of it.
struct PullLayer {
  std::vector<std::string_view> tar;
  std::string blob;
  std::string media_type;
};

/// Text, records and noise in files of many sizes, compressed by gzip at its usual level, the last of the
/// eight layers by zstd. Everything is compressed once: the one layer is the eight's blocks behind each
/// other.
class PullImage {
 public:
  PullImage();
  PullImage(const PullImage&) = delete;
  PullImage& operator=(const PullImage&) = delete;
  const std::vector<PullLayer>& eight_layers() const { return eight_; }
  const std::vector<PullLayer>& one_layer() const { return one_; }

 private:
  std::vector<std::string> members_;  ///< Of each layer's tar, without the end.
  std::vector<PullLayer> eight_, one_;
};

/// Lends a tar's parts in pieces of 256 KiB.
class TarParts final : public runtime::image::ChunkSource {
 public:
  explicit TarParts(const PullLayer& layer) : layer_(layer) {}
  base::Result<std::string_view> next() override;

 private:
  const PullLayer& layer_;
  std::size_t part_ = 0, at_ = 0;
};

}  // namespace bench
