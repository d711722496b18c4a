// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/skeleton.h"

#include <fcntl.h>
#include <zstd.h>

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "runtime/image/decompress.h"
#include "sys/file.h"
#include "sys/path_at.h"

namespace runtime::image {
namespace {

constexpr int kLevel = 1;  // Headers repeat themselves: more effort gains little.
constexpr std::size_t kMostRaw = 256 * 1024;
constexpr std::uint32_t kLongestRecord = 16u << 20;

template <class Number>
std::string little_endian(Number value) {
  std::string out;
  for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

tl::unexpected<base::Error> damaged_skeleton() {
  return base::fail(base::ErrorClass::Io, "the record of a layer's tar is damaged");
}

/// Takes exact counts of bytes from chunks.
class RecordReader {
 public:
  explicit RecordReader(ChunkSource& input) : input_(input) {}

  /// Nothing at the end.
  base::Result<std::optional<char>> next_kind() {
    if (!TRY(fill())) return std::optional<char>();
    const char kind = chunk_.front();
    chunk_.remove_prefix(1);
    return std::optional(kind);
  }
  base::Result<std::string> bytes(std::size_t count) {
    std::string out;
    while (out.size() < count) {
      if (!TRY(fill())) return damaged_skeleton();
      const std::string_view piece = chunk_.substr(0, count - out.size());
      out += piece;
      chunk_.remove_prefix(piece.size());
    }
    return out;
  }
  template <class Number>
  base::Result<Number> number() {
    const std::string text = TRY(bytes(sizeof(Number)));
    Number out = 0;
    for (std::size_t i = 0; i < sizeof out; ++i) {
      out |= static_cast<Number>(static_cast<Number>(static_cast<unsigned char>(text[i])) << (8 * i));
    }
    return out;
  }
  /// A length and as many bytes.
  base::Result<std::string> text() {
    const auto length = TRY(number<std::uint32_t>());
    if (length > kLongestRecord) return damaged_skeleton();
    return bytes(length);
  }

 private:
  base::Result<bool> fill() {
    if (chunk_.empty()) chunk_ = TRY(input_.next());
    return !chunk_.empty();
  }
  ChunkSource& input_;
  std::string_view chunk_;
};

base::Result<> write_content(int root, const std::string& path, std::uint64_t size, const ByteSink& sink) {
  const sys::UniqueFd file = TRY(sys::open_in_root(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  const struct stat status = TRY(sys::stat_fd(file.value()));
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != size) {
    return base::fail(base::ErrorClass::Io, fmt::format("the layer's file \"{}\" was changed", path));
  }
  FdChunks chunks(file.value(), static_cast<std::int64_t>(size));
  while (true) {
    const std::string_view data = TRY(chunks.next());
    if (data.empty()) return {};
    TRY(sink(data));
  }
}

}  // namespace

struct SkeletonWriter::State {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::array<char, 128 * 1024> out;
  ~State() { ZSTD_freeCCtx(context); }
};

SkeletonWriter::SkeletonWriter(Ingest ingest)
    : ingest_(std::move(ingest)), state_(std::make_unique<State>()) {
  if (state_->context != nullptr) ZSTD_CCtx_setParameter(state_->context, ZSTD_c_compressionLevel, kLevel);
}

SkeletonWriter::~SkeletonWriter() = default;

base::Result<> SkeletonWriter::run(std::string_view data, int directive) {
  if (state_->context == nullptr) return base::fail(base::ErrorClass::Internal, "zstd could not be set up");
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  while (true) {
    ZSTD_outBuffer out{state_->out.data(), state_->out.size(), 0};
    const std::size_t left =
        ZSTD_compressStream2(state_->context, &out, &in, static_cast<ZSTD_EndDirective>(directive));
    if (ZSTD_isError(left) != 0) return base::fail(base::ErrorClass::Internal, ZSTD_getErrorName(left));
    if (out.pos != 0) TRY(ingest_.write(std::string_view(state_->out.data(), out.pos)));
    if (directive == ZSTD_e_end ? left == 0 : in.pos == in.size) return {};
  }
}

base::Result<> SkeletonWriter::put(std::string_view data) { return run(data, ZSTD_e_continue); }

base::Result<> SkeletonWriter::flush_raw() {
  if (raw_.empty()) return {};
  TRY(put("R" + little_endian(static_cast<std::uint32_t>(raw_.size()))));
  TRY(put(raw_));
  raw_.clear();
  return {};
}

base::Result<> SkeletonWriter::raw(std::string_view bytes) {
  if (spoiled_) return {};
  raw_ += bytes;
  return raw_.size() >= kMostRaw ? flush_raw() : base::Result<>();
}

base::Result<> SkeletonWriter::file(std::string_view path, std::int64_t size) {
  if (spoiled_ || size == 0) return {};
  TRY(flush_raw());
  TRY(put("F" + little_endian(static_cast<std::uint32_t>(path.size()))));
  TRY(put(path));
  return put(little_endian(static_cast<std::uint64_t>(size)));
}

base::Result<model::Digest> SkeletonWriter::finish() {
  TRY(flush_raw());
  TRY(run({}, ZSTD_e_end));
  return ingest_.commit(std::nullopt);
}

base::Result<> replay_skeleton(int skeleton, int root, const ByteSink& sink) {
  FdChunks stored(skeleton);
  const auto decoder = TRY(make_decompressor(Compression::Zstd, stored));
  BufferedChunks chunks(*decoder);
  RecordReader reader(chunks);
  while (true) {
    const auto kind = TRY(reader.next_kind());
    if (!kind) return {};
    if (*kind != 'R' && *kind != 'F') return damaged_skeleton();
    const std::string text = TRY(reader.text());
    if (*kind == 'R') {
      TRY(sink(text));
    } else {
      TRY(write_content(root, text, TRY(reader.number<std::uint64_t>()), sink));
    }
  }
}

}  // namespace runtime::image
