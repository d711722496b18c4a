// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "model/digest.h"
#include "runtime/image/content_store.h"
#include "runtime/image/tar_writer.h"

namespace runtime::image {

/// A skeleton is what makes a layer's tar out of its unpacked files again, byte for byte: everything of the
/// tar but the files' content, and in place of that the file's path. It takes a hundredth of the tar, so an
/// image that was loaded can be saved and pushed with its own digests without keeping its data twice.
///
/// Records, zstd-compressed: 'R' <u32 length> <bytes of the tar>, 'F' <u32 length> <path> <u64 size>, numbers
/// little-endian.
class SkeletonWriter {
 public:
  explicit SkeletonWriter(Ingest ingest);
  ~SkeletonWriter();
  SkeletonWriter(const SkeletonWriter&) = delete;
  SkeletonWriter& operator=(const SkeletonWriter&) = delete;

  /// Bytes of the tar as they are.
  base::Result<> raw(std::string_view bytes);
  /// The whole content of the file at `path` in the layer comes here.
  base::Result<> file(std::string_view path, std::int64_t size);
  /// A file's content was replaced later in the tar: this skeleton cannot work.
  void spoil() { spoiled_ = true; }
  bool spoiled() const { return spoiled_; }
  base::Result<model::Digest> finish();

 private:
  struct State;
  base::Result<> put(std::string_view data);
  base::Result<> flush_raw();
  base::Result<> run(std::string_view data, int directive);

  Ingest ingest_;
  std::unique_ptr<State> state_;
  std::string raw_;
  bool spoiled_ = false;
};

/// Writes the tar that `skeleton` (compressed, as stored) and the layer's files in the open folder `root`
/// make.
base::Result<> replay_skeleton(int skeleton, int root, const ByteSink& sink);

}  // namespace runtime::image
