// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <future>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/image/tar_writer.h"

namespace runtime::image {

/// Gzip for layers that are pushed. The data is cut into blocks that are compressed side by side, each a gzip
/// member with an empty header (RFC 1952: members may follow each other), by zlib at one level: the same
/// bytes in give the same bytes out on every machine, whatever the number of its processors.
class GzipWriter {
 public:
  explicit GzipWriter(ByteSink sink);
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  base::Result<> write(std::string_view data);
  base::Result<> finish();

 private:
  base::Result<> start_block();
  base::Result<> take_oldest();

  ByteSink sink_;
  std::size_t parallel_;
  std::string block_;
  bool started_ = false;
  std::deque<std::future<base::Result<std::string>>> running_;
};

}  // namespace runtime::image
