// SPDX-License-Identifier: Apache-2.0
// Tars that want out of the folder they are unpacked in, or the reader to do what it should not: one table
// for every way in (pull, load, import, ADD).
#pragma once

#include <sys/stat.h>

#include <cstdio>
#include <string>
#include <vector>

#include "support/compressed.h"
#include "support/raw_tar.h"
#include "support/tar_builder.h"
#include "support/temporary_folder.h"

namespace test {

struct EvilTar {
  const char* shape;
  std::string bytes;
  /// Part of the error's text; empty when the tar may be unpacked, as it then does no harm.
  std::string refusal;
};

/// A GNU header of type 'L' (long name) or 'K' (long link).
inline std::string gnu_long(char type, const std::string& text) {
  RawHeader header;
  header.type = type;
  char size[16];
  std::snprintf(size, sizeof size, "%011zo", text.size() + 1);
  header.size = size;
  return header.block() + padded(text + '\0');
}

/// Names and links that lead out. `outside` is a folder with a file "canary".
inline std::vector<EvilTar> climbing_tars(const std::string& outside) {
  const std::string canary = outside + "/canary", upwards = "leads upwards";
  const std::string up = "../../../../../../../../../../../..";
  const auto file = [](const std::string& name) { return TarBuilder().file(name, "evil").finish(); };
  const auto after_link = [&](const std::string& target) {
    return TarBuilder().symlink("l", target).file("l/canary", "evil", 0777).finish();
  };
  return {
      {"name: parent", file("../x"), upwards},
      {"name: parent of a folder", file("a/../../x"), upwards},
      {"name: parent alone", file(".."), upwards},
      {"name: parent at the end", file("a/.."), upwards},
      {"name: absolute with a parent", file("/.." + canary), upwards},
      {"name: parent by pax",
       pax_header(pax_record("path", up + canary)) + RawHeader().block() + end_of_tar(), upwards},
      {"name: parent by GNU long name", gnu_long('L', up + canary) + RawHeader().block() + end_of_tar(),
       upwards},
      {"name: absolute", file(canary), ""},
      {"name: absolute, twice the slash", file("//" + canary), ""},
      {"hard link: parent", TarBuilder().hard_link("b", up + canary).finish(), upwards},
      {"hard link: parent by pax",
       pax_header(pax_record("linkpath", up + canary)) + RawHeader{.type = '1', .link = "x"}.block() +
           end_of_tar(),
       upwards},
      {"hard link: absolute", TarBuilder().hard_link("b", canary).finish(), "is not in the layer"},
      {"hard link: through a link", TarBuilder().symlink("l", outside).hard_link("b", "l/canary").finish(),
       "is not in the layer"},
      {"hard link: through a relative link",
       TarBuilder().symlink("l", up + outside).hard_link("b", "l/canary").finish(), "is not in the layer"},
      {"hard link: a folder", TarBuilder().folder("d").hard_link("b", "d").finish(), "is a folder"},
      {"hard link: the root", TarBuilder().hard_link("b", ".").finish(), "a hard link to the layer's root"},
      {"hard link: itself", TarBuilder().hard_link("b", "b").finish(), "is not in the layer"},
      {"hard link: to a link, then written over",
       TarBuilder().symlink("s", canary).hard_link("h", "s").file("h", "evil", 0777).finish(), ""},
      {"link: absolute, then a file behind it", after_link(outside), ""},
      {"link: relative, then a file behind it", after_link(up + outside), ""},
      {"link: to the host's root", TarBuilder().symlink("l", "/").file("l" + canary, "evil").finish(), ""},
      {"link: a chain",
       TarBuilder()
           .symlink("a", "b")
           .symlink("b", "c")
           .symlink("c", outside)
           .file("a/canary", "evil")
           .finish(),
       ""},
      {"link: a circle", TarBuilder().symlink("a", "b").symlink("b", "a").file("a/x", "evil").finish(),
       "Too many levels of symbolic links"},
      {"link: to the canary, then a file of its name",
       TarBuilder().symlink("f", canary).file("f", "evil", 0777).finish(), ""},
      {"link: out, then a folder of its name with another mode",
       TarBuilder().symlink("l", outside).folder("l", 0777).file("l/canary", "evil").finish(), ""},
      {"link: out, then a mode for what is behind it",
       TarBuilder().symlink("l", outside).folder("l/.", 0777).finish(), ""},
      {"link: in place of an open folder",
       TarBuilder().file("p/a", "1").symlink("p", outside).file("p/canary", "evil").finish(), ""},
      {"link: by GNU long link",
       gnu_long('K', up + outside) + RawHeader{.type = '2', .link = "x"}.block() +
           TarBuilder().file("x/canary", "evil").finish(),
       ""},
  };
}

/// Types and names that a reader could stumble over.
inline std::vector<EvilTar> odd_tars(const std::string& outside) {
  using runtime::image::TarType;
  const auto root = [&](TarType type, const char* name) {
    auto entry = TarBuilder::entry(type, name, 0777);
    entry.link_target = outside;
    return TarBuilder().add(entry).finish();
  };
  const auto node = [](TarType type, unsigned major, unsigned minor) {
    auto entry = TarBuilder::entry(type, "f", 0666);
    entry.major = major;
    entry.minor = minor;
    return entry;
  };
  auto marked = TarBuilder::entry(TarType::File, "f", 06755);
  marked.xattrs = {{"trusted.overlay.redirect", outside}, {"security.selinux", "x"}, {"trusted.x", "1"}};
  const char* no_root = "the layer's root is no folder";
  return {
      {"root: a link", root(TarType::SymbolicLink, "."), no_root},
      {"root: a file", root(TarType::File, "./"), no_root},
      {"root: a fifo", root(TarType::Fifo, "."), no_root},
      {"root: a hard link", root(TarType::HardLink, "///"), no_root},
      {"a folder below a file", TarBuilder().file("n", "1").file("n/x", "2").finish(), "Not a directory"},
      {"a file below a fifo",
       TarBuilder().add(TarBuilder::entry(TarType::Fifo, "f", 0666)).file("f/x", "1").finish(),
       "Not a directory"},
      {"a file in place of a fifo",
       TarBuilder().add(TarBuilder::entry(TarType::Fifo, "f", 0666)).file("f", "evil").finish(), ""},
      {"a file in place of a device",
       TarBuilder().add(node(TarType::CharacterDevice, 1, 5)).file("f", "evil").finish(), ""},
      {"a file in place of a hard link to a device",
       TarBuilder().add(node(TarType::BlockDevice, 8, 0)).hard_link("g", "f").file("g", "evil").finish(), ""},
      {"attributes of overlayfs and security modules", TarBuilder().add(marked, "x").finish(), ""},
      {"whiteout: of nothing", TarBuilder().file(".wh.", "").finish(), "is no whiteout of a name"},
      {"whiteout: of the folder itself", TarBuilder().file(".wh..", "").finish(), "is no whiteout of a name"},
      {"whiteout: of the parent", TarBuilder().file("a/.wh...", "").finish(), "is no whiteout of a name"},
      {"whiteout: through a link",
       TarBuilder().symlink("l", outside).file("l/.wh.canary", "").file("l/.wh..wh..opq", "").finish(), ""},
      {"a part that is too long", TarBuilder().file(std::string(256, 'n'), "1").finish(),
       "File name too long"},
      {"a path that is too long", gnu_long('L', std::string(4096, 'n')) + RawHeader().block() + end_of_tar(),
       "a path of more than 4095 bytes"},
      {"a link's target that is too long",
       gnu_long('K', std::string(4096, 'n')) + RawHeader{.type = '2'}.block() + end_of_tar(),
       "a path of more than 4095 bytes"},
  };
}

/// Headers that no honest writer makes.
inline std::vector<EvilTar> damaged_tars() {
  const auto raw = [](const RawHeader& header) { return header.block() + end_of_tar(); };
  const auto pax = [&](const std::string& records) { return pax_header(records) + raw({}); };
  RawHeader wrong_sum, device{.type = '3'};
  std::string sum = wrong_sum.block();
  sum[0] = 'y';
  device.major = "7777777";
  std::string extensions;
  for (int i = 0; i < 9; ++i) extensions += pax_header(pax_record("comment", "x"));
  RawHeader huge_pax{.type = 'x', .size = "77777777777"};
  const std::string whole = TarBuilder().file("x", std::string(5000, 'x')).finish();
  return {
      {"a sparse file whose pieces overlap",
       pax(pax_record("GNU.sparse.size", "16") + pax_record("GNU.sparse.map", "0,8,4,8")),
       "pieces of a sparse file overlap"},
      {"a sparse file of 2^62 bytes",
       pax(pax_record("GNU.sparse.size", "4611686018427387904") + pax_record("GNU.sparse.map", "0,0")),
       "above the limit"},
      {"a part of several volumes", raw({.type = 'M'}), "the unsupported type 0x4d"},
      {"a sparse file in an unknown form", pax(pax_record("GNU.sparse.major", "1")),
       "a form that is not known"},
      {"a negative size", raw({.size = std::string(12, '\xff')}), "a malformed size"},
      {"a size that is no number", raw({.size = "99999999999"}), "a malformed size"},
      {"a size of 2^63", pax(pax_record("size", "9223372036854775807")), "is too large"},
      {"a negative size by pax", pax(pax_record("size", "-1")), "a malformed size"},
      {"a size beyond the end", pax(pax_record("size", "1000000")), "the archive ends inside a member"},
      {"a user out of range", pax(pax_record("uid", "4294967295")), "a uid out of range"},
      {"a negative group", pax(pax_record("gid", "-1")), "a gid out of range"},
      {"a user of 64 bits", raw({.uid = std::string("\x80\0\0\1\0\0\0\0", 8)}), "a uid out of range"},
      {"a device out of range", raw(device), "a device number out of range"},
      {"no name", raw({.name = ""}), "a member has no name"},
      {"a link to nothing", raw({.type = '2'}), "has no target"},
      {"a wrong checksum", sum + end_of_tar(), "a wrong checksum"},
      {"a NUL in a name", pax(pax_record("path", std::string("a\0b", 3))), "a pax value holds a NUL"},
      {"a pax record longer than its header", pax("99 path=x\n"), "a pax header is malformed"},
      {"a pax record without a length", pax("path=x\n"), "a pax header is malformed"},
      {"a time that is none", pax(pax_record("mtime", "never")), "a malformed time"},
      {"headers upon headers", extensions + raw({}), "more than 8 extension headers"},
      {"a header of gigabytes", raw(huge_pax), "tar: "},
      {"cut inside a header", whole.substr(0, 300), "tar: "},
      {"cut inside a file", whole.substr(0, 3000), "the archive ends inside a member"},
      {"cut inside gzip", gzip(whole).substr(0, 40), "gzip"},
      {"no tar at all", std::string(4096, 'z'), "a wrong checksum"},
  };
}

inline std::vector<EvilTar> evil_tars(const std::string& outside) {
  std::vector<EvilTar> all = climbing_tars(outside);
  for (auto& more : {odd_tars(outside), damaged_tars()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// A folder that nothing may touch, and whether that is so.
struct Canary {
  TemporaryFolder folder;
  Canary() {
    REQUIRE(::chmod(folder.path.c_str(), 0700) == 0);
    REQUIRE(sys::write_file(folder.path + "/canary", "alive", 0600));
  }
  void check() const {
    CHECK(sys::list_directory(folder.path).value() == std::vector<std::string>{"canary"});
    CHECK(sys::read_file(folder.path + "/canary").value() == "alive");
    struct stat status {};
    REQUIRE(::stat(folder.path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0700);
    REQUIRE(::stat((folder.path + "/canary").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(status.st_nlink == 1);
  }
};

}  // namespace test
