// SPDX-License-Identifier: Apache-2.0
// Text in the formats that layers and archives come in.
#pragma once

#include <lzma.h>
#include <zstd.h>

#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "runtime/image/compress.h"

namespace test {

inline std::string gzip(std::string_view text) {
  std::string out;
  runtime::image::GzipWriter writer([&](std::string_view data) -> base::Result<> {
    out += data;
    return {};
  });
  REQUIRE(writer.write(text));
  REQUIRE(writer.finish());
  return out;
}

inline std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

inline std::string xz(std::string_view text) {
  std::string out(text.size() + 1000, '\0');
  std::size_t size = 0;
  REQUIRE(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr,
                                  reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                  reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size()) == LZMA_OK);
  out.resize(size);
  return out;
}

}  // namespace test
