// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/result.h"
#include "runtime/image/tar_writer.h"

namespace runtime::image {

/// Gzip for layers that are pushed: by zlib at one level with an empty header, so that the same bytes in give
/// the same bytes out on every machine.
class GzipWriter {
 public:
  explicit GzipWriter(ByteSink sink);
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  base::Result<> write(std::string_view data);
  base::Result<> finish();

 private:
  struct State;
  base::Result<> run(std::string_view data, int flush);
  ByteSink sink_;
  std::unique_ptr<State> state_;
};

}  // namespace runtime::image
