// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/compress.h"

#include <zlib.h>

#include <array>

namespace runtime::image {
namespace {

constexpr int kLevel = 5;
constexpr int kGzip = 16 + MAX_WBITS;
constexpr int kMemory = 8;

}  // namespace

struct GzipWriter::State {
  z_stream stream{};
  bool ready = false;
  std::array<char, 128 * 1024> out;
};

GzipWriter::GzipWriter(ByteSink sink) : sink_(std::move(sink)), state_(std::make_unique<State>()) {
  state_->ready =
      deflateInit2(&state_->stream, kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) == Z_OK;
}

GzipWriter::~GzipWriter() { deflateEnd(&state_->stream); }

base::Result<> GzipWriter::run(std::string_view data, int flush) {
  if (!state_->ready) return base::fail(base::ErrorClass::Internal, "zlib could not be set up");
  z_stream& stream = state_->stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  int code = Z_OK;
  do {
    stream.next_out = reinterpret_cast<Bytef*>(state_->out.data());
    stream.avail_out = static_cast<uInt>(state_->out.size());
    code = deflate(&stream, flush);
    TRY(sink_(std::string_view(state_->out.data(), state_->out.size() - stream.avail_out)));
  } while (stream.avail_out == 0 && code != Z_STREAM_END);
  return {};
}

base::Result<> GzipWriter::write(std::string_view data) { return run(data, Z_NO_FLUSH); }
base::Result<> GzipWriter::finish() { return run({}, Z_FINISH); }

}  // namespace runtime::image
