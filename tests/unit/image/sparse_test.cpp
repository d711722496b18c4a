// SPDX-License-Identifier: Apache-2.0
// Sparse members in the forms that GNU tar writes, and in forms that nobody should believe.
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "runtime/image/tar_reader.h"

using namespace runtime::image;

namespace {

std::string padded(std::string text) {
  text.resize((text.size() + kTarBlock - 1) / kTarBlock * kTarBlock, '\0');
  return text;
}

/// A header with "at: bytes" put into it, and its checksum.
std::string header(char type, std::string_view name, std::size_t size,
                   const std::vector<std::pair<std::size_t, std::string>>& fields = {}) {
  std::string out(kTarBlock, '\0');
  const auto put = [&](std::size_t at, std::string_view text) { out.replace(at, text.size(), text); };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", size));
  put(136, "00000000000");
  out[kTarTypeAt] = type;
  for (const auto& [at, text] : fields) put(at, text);
  put(148, "        ");
  unsigned sum = 0;
  for (const char c : out) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  out[154] = '\0';
  return out;
}

std::string record(std::string_view key, std::string_view value) {
  std::size_t length = key.size() + value.size() + 3;
  length += std::to_string(length + std::to_string(length).size()).size();
  return fmt::format("{} {}={}\n", length, key, value);
}

std::string pax(const std::string& records) { return header('x', "pax", records.size()) + padded(records); }

std::string entry(std::size_t offset, std::size_t length) {
  return fmt::format("{:011o} {:011o} ", offset, length);
}

std::string end() { return std::string(2 * kTarBlock, '\0'); }

/// "abc" at 4, "de" at 10, of 16 bytes.
constexpr std::string_view kContent("\0\0\0\0abc\0\0\0de\0\0\0\0", 16);
constexpr std::string_view kStored = "abcde";

std::string old_form(const std::string& entries, std::size_t size, std::string_view stored,
                     char more = '\0') {
  return header('S', "f", stored.size(),
                {{386, entries}, {482, std::string(1, more)}, {483, fmt::format("{:011o}", size)}});
}

std::string map_form(std::string_view map, std::string_view size, std::string_view stored = kStored) {
  return pax(record("GNU.sparse.size", size) + record("GNU.sparse.map", map) +
             record("GNU.sparse.name", "f")) +
         header('0', "GNUSparseFile.1/f", stored.size()) + padded(std::string(stored)) + end();
}

std::string text_form(const std::string& map, std::string_view size, std::string_view stored = kStored) {
  const std::string content = padded(map) + std::string(stored);
  return pax(record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0") +
             record("GNU.sparse.name", "f") + record("GNU.sparse.realsize", size)) +
         header('0', "GNUSparseFile.1/f", content.size()) + padded(content) + end();
}

/// Names and contents, or the error.
std::string read(const std::string& tar, std::size_t piece = 70, const TarLimits& limits = {}) {
  MemoryChunks chunks(tar, piece);
  TarReader reader(chunks, limits);
  std::string out;
  while (true) {
    const auto entry = reader.next();
    if (!entry) return entry.error().message;
    if (!*entry) return out;
    const auto content = reader.read_all(1 << 20);
    if (!content) return content.error().message;
    if (std::ssize(*content) != (*entry)->size) return "wrong size";
    out += (*entry)->path + "|" + *content + "\n";
  }
}

const std::string kExpected = "f|" + std::string(kContent) + "\nnext|x\n";
const std::string kNext = header('0', "next", 1) + padded("x");

}  // namespace

TEST_CASE("sparse members in the four forms of GNU tar") {
  const std::string old = old_form(entry(4, 3) + entry(10, 2) + entry(16, 0), 16, kStored) +
                          padded(std::string(kStored)) + kNext + end();
  const std::string with_more =
      old_form(entry(4, 1) + entry(5, 1) + entry(6, 1) + entry(10, 1), 16, kStored, '\1') +
      padded(entry(11, 1)) + padded(std::string(kStored)) + kNext + end();
  const std::string pairs = pax(record("GNU.sparse.size", "16") + record("GNU.sparse.numblocks", "2") +
                                record("GNU.sparse.offset", "4") + record("GNU.sparse.numbytes", "3") +
                                record("GNU.sparse.offset", "10") + record("GNU.sparse.numbytes", "2")) +
                            header('0', "f", 5) + padded(std::string(kStored)) + kNext + end();
  const auto followed = [](std::string tar) { return tar.substr(0, tar.size() - 1024) + kNext + end(); };
  for (const std::size_t piece : {std::size_t{1}, std::size_t{70}, std::size_t{100'000}}) {
    CHECK(read(old, piece) == kExpected);
    CHECK(read(with_more, piece) == kExpected);
    CHECK(read(pairs, piece) == kExpected);
    CHECK(read(followed(map_form("4,3,10,2", "16")), piece) == kExpected);
    CHECK(read(followed(text_form("2\n4\n3\n10\n2\n", "16")), piece) == kExpected);
  }
}

TEST_CASE("files of zeros alone, and files without any") {
  CHECK(read(map_form("3,0", "3", "")) == "f|" + std::string(3, '\0') + "\n");
  CHECK(read(text_form("0\n", "3", "")) == "f|" + std::string(3, '\0') + "\n");
  CHECK(read(map_form("0,5", "5")) == "f|abcde\n");
  CHECK(read(old_form("", 0, "") + end()) == "f|\n");
}

TEST_CASE("holes can be passed over, and unread pieces skipped") {
  const std::string tar = map_form("4,3,10,2", "16");
  const std::string whole = tar.substr(0, tar.size() - 1024) + kNext + end();
  MemoryChunks chunks(whole, 1000);
  TarReader reader(chunks);
  const auto entry = reader.next().value().value();
  CHECK(entry.is_sparse);
  CHECK(reader.skip_hole() == 4);
  CHECK(reader.skip_hole() == 0);
  CHECK(reader.read().value() == "abc");
  CHECK(reader.skip_hole() == 3);
  CHECK(reader.next().value()->path == "next");
  CHECK_FALSE(reader.next().value());
}

TEST_CASE("what a recorder gets makes the archive again") {
  const std::string tar = text_form("2\n4\n3\n10\n2\n", "16");
  MemoryChunks chunks(tar, 33);
  TarReader reader(chunks);
  std::string recorded;
  reader.set_recorder([&](std::string_view raw) -> base::Result<> {
    recorded += raw;
    return {};
  });
  REQUIRE(reader.next());
  CHECK(reader.read_all(100).value() == kContent);
  REQUIRE_FALSE(reader.next().value());
  REQUIRE(reader.drain());
  CHECK(recorded == tar);
}

TEST_CASE("maps that lie are refused") {
  const std::string malformed = "tar: the map of a sparse file is malformed";
  CHECK(read(map_form("4,3,6,2", "16")) == "tar: pieces of a sparse file overlap");
  CHECK(read(map_form("10,2,4,3", "16")) == "tar: pieces of a sparse file overlap");
  CHECK(read(map_form("4,3,15,2", "16")) == "tar: a sparse file has a piece beyond its end");
  CHECK(read(map_form("9223372036854775807,5", "16")) == "tar: a sparse file has a piece beyond its end");
  CHECK(read(map_form("4,9223372036854775807", "16")) == "tar: a sparse file has a piece beyond its end");
  CHECK(read(map_form("4,3", "16")) == "tar: the pieces of a sparse file make 3 bytes, the archive holds 5");
  CHECK(read(map_form("4,3,10", "16")) == malformed);
  CHECK(read(map_form("4,-3,10,8", "16")) == malformed);
  CHECK(read(map_form("4,x", "16")) == malformed);
  CHECK(read(map_form("4,3,10,2", "-1")) == "tar: a sparse file has a malformed size");
  CHECK(read(map_form("4,3,10,2", "1099511627777")) ==
        "tar: a sparse file of 1099511627777 bytes is above the limit of 1099511627776");
  CHECK(read(text_form("2\n4\n3\n10\n", "16")) == malformed);
  CHECK(read(text_form("99999999999\n", "16")) == malformed);
  CHECK(read(text_form("2\n" + std::string(30, '1') + "\n", "16")) == malformed);
  CHECK(read(text_form("9\n4\n3\n", "16", "")) == malformed);
  CHECK(read(pax(record("GNU.sparse.major", "2")) + header('0', "f", 0) + end()) ==
        "tar: a sparse file is written in a form that is not known");
  CHECK(read(old_form(entry(4, 3), 16, "abc", '\1')) == "tar: the archive ends inside a header");
  CHECK(read(old_form(entry(4, 3), 16, "abc") + "ab") == "tar: the archive ends inside a member");
  const TarLimits two{.sparse_parts = 2};
  CHECK(read(map_form("0,1,1,1,2,3", "5"), 70, two) == "tar: a sparse file has more than 2 pieces");
  CHECK(read(map_form("0,1,1,4", "5"), 70, two) == "f|abcde\n");
}
