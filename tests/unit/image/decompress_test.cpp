// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/decompress.h"

#include <bzlib.h>
#include <zlib.h>

#include <catch2/catch.hpp>

#include "runtime/image/decoders.h"
#include "support/compressed.h"

using namespace runtime::image;
using test::gzip;
using test::xz;
using test::zstd;

namespace {

std::string bzip2(std::string text) {
  std::string out(text.size() + 1000, '\0');
  unsigned size = static_cast<unsigned>(out.size());
  REQUIRE(BZ2_bzBuffToBuffCompress(out.data(), &size, text.data(), static_cast<unsigned>(text.size()), 5, 0,
                                   0) == BZ_OK);
  out.resize(size);
  return out;
}

/// What comes out, or the error's text in brackets.
std::string expand(std::string_view data, std::size_t piece = 1000, ExpansionLimit limit = {}) {
  MemoryChunks input(data, piece);
  SniffedChunks sniffed(input);
  const auto compression = sniffed.sniff().value();
  const auto decoder = make_decompressor(compression, sniffed, limit).value();
  std::string out;
  std::string room(777, '\0');
  while (true) {
    const auto count = decoder->read(room);
    if (!count) return "[" + count.error().message + "]";
    if (*count == 0) return out;
    out.append(room, 0, *count);
  }
}

std::string sample() {
  std::string out;
  for (int i = 0; i < 20'000; ++i) out += std::to_string(i * 7919 % 10'007) + ",";
  return out;
}

}  // namespace

TEST_CASE("every compression is recognised by its bytes and undone, whatever the piece size") {
  const std::string text = sample();
  for (const std::string& data : {text, gzip(text), zstd(text), xz(text), bzip2(text)}) {
    for (const std::size_t piece : {1u, 7u, 4096u, 1'000'000u}) CHECK(expand(data, piece) == text);
  }
  CHECK(expand("").empty());
  CHECK(expand(gzip("")).empty());
}

TEST_CASE("concatenated members are one stream") {
  const std::string text = sample();
  CHECK(expand(gzip(text) + gzip("") + gzip("end")) == text + "end");
  CHECK(expand(zstd(text) + zstd("end")) == text + "end");
  CHECK(expand(xz(text) + xz("end")) == text + "end");
  CHECK(expand(bzip2(text) + bzip2("end")) == text + "end");
}

TEST_CASE("large data is compressed in blocks, the same in every run") {
  std::string text;
  while (text.size() < 9'000'000) text += sample();
  const std::string data = gzip(text);
  CHECK(data == gzip(text));
  CHECK(data.size() < text.size() / 2);
  CHECK(expand(data, 100'000) == text);
  const std::string whole_blocks(8u << 20, 'x');
  CHECK(expand(gzip(whole_blocks), 100'000) == whole_blocks);
}

TEST_CASE("data that is cut short or damaged is refused") {
  const std::string text = sample();
  for (const std::string& data : {gzip(text), zstd(text), xz(text), bzip2(text)}) {
    for (const std::size_t cut : {data.size() / 2, data.size() - 1, data.size() - 9}) {
      CHECK(expand(data.substr(0, cut)).find("data is damaged") != std::string::npos);
    }
    std::string broken = data;
    broken[broken.size() / 2] = static_cast<char>(broken[broken.size() / 2] ^ 0x40);
    CHECK(expand(broken) != text);
  }
}

TEST_CASE("both gzip decoders agree") {
  const std::string text = sample(), data = gzip(text) + gzip("x");
  for (const bool fast : {true, false}) {
    MemoryChunks input(data, 333);
    InputWindow window(input);
    const auto decoder = fast ? make_isal_gzip_decoder(window) : make_zlib_gzip_decoder(window);
    if (!decoder) continue;
    BufferedChunks chunks(*decoder);
    std::string out;
    while (true) {
      const auto piece = chunks.next().value();
      if (piece.empty()) break;
      out += piece;
    }
    CHECK(out == text + "x");
    CHECK(window.used() == static_cast<std::int64_t>(data.size()));
  }
}

TEST_CASE("a bomb stops at the limit and not before") {
  const std::string zeros(1'000'000, '\0');
  const std::string data = zstd(zeros);
  const auto ratio = static_cast<std::int64_t>(zeros.size() / data.size());
  CHECK(expand(data, 100'000, {ratio * 4, 0}).size() == zeros.size());
  CHECK(expand(data, 100'000, {1, 1'000'000}).size() == zeros.size());
  CHECK(expand(data, 100'000, {1, 999'999})
            .starts_with("[the compressed data expands more than 1-fold: 1000000 bytes"));
  CHECK(expand(data, 100'000, {ratio / 4, 0}).starts_with("[the compressed data expands more than"));
}
