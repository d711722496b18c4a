// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/compress.h"

#include <zlib.h>

#include <algorithm>
#include <thread>

namespace runtime::image {
namespace {

constexpr int kLevel = 4;
constexpr int kGzip = 16 + MAX_WBITS;
constexpr int kMemory = 9;
/// Large enough that what is forgotten at its end costs less than a thousandth of the size.
constexpr std::size_t kBlock = 4u << 20;

/// One whole gzip member.
base::Result<std::string> compress_block(std::string block) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    return base::fail(base::ErrorClass::Internal, "zlib could not be set up");
  }
  std::string out(deflateBound(&stream, block.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(block.data());
  stream.avail_in = static_cast<uInt>(block.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return base::fail(base::ErrorClass::Internal, "zlib did not finish a block");
  return out;
}

}  // namespace

GzipWriter::GzipWriter(ByteSink sink)
    : sink_(std::move(sink)), parallel_(std::max(1u, std::thread::hardware_concurrency())) {}

// A future of std::async waits for its thread, so nothing runs on after this.
GzipWriter::~GzipWriter() = default;

base::Result<> GzipWriter::take_oldest() {
  const std::string member = TRY(running_.front().get());
  running_.pop_front();
  return sink_(member);
}

base::Result<> GzipWriter::start_block() {
  started_ = true;
  running_.push_back(std::async(std::launch::async, compress_block, std::move(block_)));
  block_ = {};
  block_.reserve(kBlock);
  // One more than run at a time, so that nobody waits for this thread.
  return running_.size() > parallel_ ? take_oldest() : base::Result<>();
}

base::Result<> GzipWriter::write(std::string_view data) {
  while (!data.empty()) {
    const std::size_t count = std::min(kBlock - block_.size(), data.size());
    block_.append(data.substr(0, count));
    data.remove_prefix(count);
    if (block_.size() == kBlock) TRY(start_block());
  }
  return {};
}

base::Result<> GzipWriter::finish() {
  // Nothing at all is one empty member.
  if (!block_.empty() || !started_) TRY(start_block());
  while (!running_.empty()) TRY(take_oldest());
  return {};
}

}  // namespace runtime::image
