// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "runtime/image/tar_numbers.h"
#include "runtime/image/tar_reader.h"
#include "runtime/image/tar_writer.h"

using namespace runtime::image;

namespace {

std::string write_tar(const std::function<void(TarWriter&)>& fill) {
  std::string out;
  TarWriter writer([&](std::string_view data) -> base::Result<> {
    out += data;
    return {};
  });
  fill(writer);
  REQUIRE(writer.finish());
  return out;
}

TarEntry make_entry(TarType type, std::string path) {
  TarEntry entry;
  entry.type = type;
  entry.path = std::move(path);
  entry.mode = 0644;
  return entry;
}

/// "path|content" of every member, or the error's text.
std::vector<std::string> read_tar(std::string_view tar, TarLimits limits = {}, std::size_t piece = 100) {
  MemoryChunks chunks(tar, piece);
  TarReader reader(chunks, limits);
  std::vector<std::string> out;
  while (true) {
    const auto entry = reader.next();
    if (!entry) return {entry.error().message};
    if (!*entry) return out;
    const auto content = reader.read_all(1 << 20);
    if (!content) return {content.error().message};
    out.push_back((*entry)->path + "|" + *content);
  }
}

}  // namespace

TEST_CASE("every kind of value survives writing and reading") {
  TarEntry entry = make_entry(TarType::File, std::string(120, 'd') + "/" + std::string(300, 'n'));
  entry.uid = 3'000'000'000;
  entry.gid = 70'000;
  entry.mode = 04755;
  entry.modified = {-5, 250'000'000};
  entry.xattrs = {{"security.capability", std::string("\1\0\0\2", 4)}, {"user.a", "b"}};
  TarEntry device = make_entry(TarType::CharacterDevice, "dev");
  device.major = 10;
  device.minor = 200;
  TarEntry link = make_entry(TarType::SymbolicLink, "link");
  link.link_target = std::string(150, 't');
  const std::string tar = write_tar([&](TarWriter& writer) {
    REQUIRE(writer.add_file(entry, "content"));
    REQUIRE(writer.begin(device));
    REQUIRE(writer.begin(link));
  });
  MemoryChunks chunks(tar, 77);
  TarReader reader(chunks);
  const auto first = reader.next().value().value();
  CHECK(first.path == entry.path);
  CHECK(first.uid == entry.uid);
  CHECK(first.gid == entry.gid);
  CHECK(first.mode == entry.mode);
  CHECK(first.modified.tv_sec == -5);
  CHECK(first.modified.tv_nsec == 250'000'000);
  CHECK(first.xattrs == entry.xattrs);
  CHECK(reader.read_all(100).value() == "content");
  const auto second = reader.next().value().value();
  CHECK(second.type == TarType::CharacterDevice);
  CHECK(second.major == 10);
  CHECK(second.minor == 200);
  CHECK(reader.next().value()->link_target == link.link_target);
  CHECK_FALSE(reader.next().value());
}

TEST_CASE("the same entries give the same bytes, whatever the piece size") {
  const auto fill = [](TarWriter& writer) {
    REQUIRE(writer.add_file(make_entry(TarType::File, "a"), "1"));
    REQUIRE(
        writer.add_file(make_entry(TarType::File, std::string(99, 'x') + "/" + std::string(99, 'y')), ""));
  };
  const std::string tar = write_tar(fill);
  CHECK(tar == write_tar(fill));
  const auto expected =
      std::vector<std::string>{"a|1", std::string(99, 'x') + "/" + std::string(99, 'y') + "|"};
  for (const std::size_t piece : {1u, 511u, 512u, 513u, 100'000u})
    CHECK(read_tar(tar, {}, piece) == expected);
}

TEST_CASE("numbers of a header") {
  CHECK(parse_tar_number(std::string_view("0000644\0", 8)) == 0644);
  CHECK(parse_tar_number("   644 ") == 0644);
  CHECK(parse_tar_number("") == 0);
  CHECK(parse_tar_number(std::string_view("\x80\0\0\0\0\0\1\0", 8)) == 256);
  CHECK(parse_tar_number("\xff\xff\xff\xff\xff\xff\xff\xfe") == -2);
  CHECK(parse_tar_number("\x80\x7f\xff\xff\xff\xff\xff\xff\xff") == INT64_MAX);
  CHECK_FALSE(parse_tar_number("\x80\x80\xff\xff\xff\xff\xff\xff\xff"));
  CHECK_FALSE(parse_tar_number("0000888"));
  CHECK_FALSE(parse_tar_number("777777777777777777777777"));
  CHECK(parse_pax_time("12.5")->tv_nsec == 500'000'000);
  CHECK(parse_pax_time("-1.25")->tv_sec == -2);
  CHECK_FALSE(parse_pax_time("1.2x"));
  CHECK_FALSE(parse_pax_time(""));
}

TEST_CASE("each limit holds at its value and refuses one past it") {
  const std::string path(200, 'p');
  const std::string tar = write_tar([&](TarWriter& writer) {
    REQUIRE(writer.add_file(make_entry(TarType::File, path), ""));
    REQUIRE(writer.add_file(make_entry(TarType::File, "b"), ""));
  });
  TarLimits limits;
  limits.path = 200;
  limits.entries = 2;
  CHECK(read_tar(tar, limits).size() == 2);
  limits.path = 199;
  CHECK(read_tar(tar, limits) == std::vector<std::string>{"tar: \"" + std::string(120, 'p') +
                                                          "...\" has a path of more than 199 bytes"});
  limits = {};
  limits.entries = 1;
  CHECK(read_tar(tar, limits) == std::vector<std::string>{"tar: more than 1 members"});
  limits = {};
  limits.header = 210;  // "210 path=ppp...\n"
  CHECK(read_tar(tar, limits).size() == 2);
  limits.header = 209;
  CHECK(read_tar(tar, limits) ==
        std::vector<std::string>{"tar: an extension header of 210 bytes is above the limit of 209"});
  TarEntry entry = make_entry(TarType::File, "x");
  entry.xattrs = {{"user.a", "12345"}, {"user.b", ""}};
  const std::string with_xattrs = write_tar([&](TarWriter& writer) { REQUIRE(writer.add_file(entry, "")); });
  limits = {};
  limits.xattrs = 2;
  limits.xattr_value = 5;
  CHECK(read_tar(with_xattrs, limits).front() == "x|");
  limits.xattrs = 1;
  CHECK(read_tar(with_xattrs, limits).front() == "tar: \"x\" has more than 1 extended attributes");
  limits.xattrs = 2;
  limits.xattr_value = 4;
  CHECK(read_tar(with_xattrs, limits).front() == "tar: \"x\" has an extended attribute above the limits");
}

TEST_CASE("damaged archives are refused") {
  const std::string tar = write_tar([&](TarWriter& writer) {
    REQUIRE(writer.add_file(make_entry(TarType::File, "a"), std::string(1000, 'c')));
  });
  CHECK(read_tar(tar.substr(0, 700)).front() == "tar: the archive ends inside a member");
  CHECK(read_tar(tar.substr(0, 100)).front() == "tar: the archive ends inside a header");
  std::string broken = tar;
  broken[0] = 'b';
  CHECK(read_tar(broken).front() == "tar: a header has a wrong checksum; this is no tar, or a damaged one");
  CHECK(read_tar("hello world").front() == "tar: the archive ends inside a header");
  CHECK(read_tar("").empty());
}
