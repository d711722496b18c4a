// SPDX-License-Identifier: Apache-2.0
// Layers that try to get out of their folder, or to make the reader do what it should not. Each is unpacked
// beside a canary that must not change; see also tar_test.cpp for the limits.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <catch2/catch.hpp>

#include "runtime/image/layer_unpacker.h"
#include "support/raw_tar.h"
#include "support/tar_builder.h"
#include "support/temporary_folder.h"

using namespace runtime::image;
using test::end_of_tar;
using test::pax_header;
using test::pax_record;
using test::RawHeader;
using test::TarBuilder;

namespace {

/// <folder>/layer is unpacked into; <folder>/outside holds the canary.
class Target {
 public:
  Target() {
    REQUIRE(sys::make_directories(layer()));
    REQUIRE(sys::make_directories(outside(), 0700));
    REQUIRE(sys::write_file(outside() + "/canary", "alive", 0600));
  }
  std::string layer() const { return folder_.path + "/layer"; }
  std::string outside() const { return folder_.path + "/outside"; }
  std::string up_to_outside() const { return "../../../../../../../../.." + outside(); }

  /// "" or the error's text, without the lines of context.
  std::string unpack(const std::string& tar) const {
    const auto root = sys::open_file(layer(), O_RDONLY | O_DIRECTORY).value();
    MemoryChunks chunks(tar, 1000);
    const auto stats = unpack_tar(chunks, root.value());
    check_canary();
    return stats ? std::string() : stats.error().message;
  }
  struct stat status(const std::string& path) const {
    struct stat out {};
    INFO(path);
    REQUIRE(::lstat((layer() + "/" + path).c_str(), &out) == 0);
    return out;
  }
  std::string read(const std::string& path) const {
    return sys::read_file(layer() + "/" + path).value_or("(missing)");
  }
  bool has(const std::string& path) const { return sys::path_exists(layer() + "/" + path); }
  std::string xattr(const std::string& path, const char* name) const {
    char value[64];
    const ssize_t size = ::lgetxattr((layer() + "/" + path).c_str(), name, value, sizeof value);
    return size < 0 ? "(none)" : std::string(value, static_cast<std::size_t>(size));
  }

 private:
  void check_canary() const {
    CHECK(sys::list_directory(outside()).value() == std::vector<std::string>{"canary"});
    CHECK(sys::read_file(outside() + "/canary").value() == "alive");
    struct stat out {};
    REQUIRE(::stat(outside().c_str(), &out) == 0);
    CHECK((out.st_mode & 07777) == 0700);
    REQUIRE(::stat((outside() + "/canary").c_str(), &out) == 0);
    CHECK((out.st_mode & 07777) == 0600);
    CHECK(out.st_nlink == 1);
    CHECK(sys::list_directory(folder_.path).value() == std::vector<std::string>{"layer", "outside"});
  }
  test::TemporaryFolder folder_;
};

std::string raw(const RawHeader& header) { return header.block() + end_of_tar(); }

}  // namespace

TEST_CASE("names that lead upwards are refused") {
  for (const std::string name : {"../x", "a/../../x", "..", "../outside/canary", "a/.."}) {
    const Target target;
    CHECK(target.unpack(TarBuilder().file(name, "evil").finish()) ==
          "the layer's name \"" + name + "\" leads upwards");
  }
  const Target target;
  CHECK(target.unpack(TarBuilder().file("a", "1").hard_link("b", "../outside/canary").finish()) ==
        "the layer's name \"../outside/canary\" leads upwards");
}

TEST_CASE("absolute and odd names stay inside") {
  const Target target;
  CHECK(target.unpack(TarBuilder()
                          .file(target.outside() + "/canary", "1")
                          .file("//double", "2")
                          .file("./a/./b//c", "3")
                          .file("line\nfeed\\back", "4")
                          .finish()) == "");
  CHECK(target.read(target.outside() + "/canary") == "1");
  CHECK(target.read("double") == "2");
  CHECK(target.read("a/b/c") == "3");
  CHECK(target.read("line\nfeed\\back") == "4");
}

TEST_CASE("the root can only be a folder") {
  for (const auto type : {TarType::SymbolicLink, TarType::File, TarType::HardLink, TarType::Fifo}) {
    for (const char* name : {".", "./", "///"}) {
      const Target target;
      TarEntry entry = TarBuilder::entry(type, name, 0777);
      entry.link_target = target.outside();
      CHECK(target.unpack(TarBuilder().add(entry).finish()) == "the layer's root is no folder");
    }
  }
}

TEST_CASE("a file through a link lands where the container would see it") {
  for (const bool absolute : {true, false}) {
    const Target target;
    const std::string to = absolute ? target.outside() : target.up_to_outside();
    CHECK(target.unpack(TarBuilder().symlink("l", to).file("l/canary", "inside").finish()) == "");
    CHECK(target.read(target.outside() + "/canary") == "inside");
  }
  const Target chained;
  CHECK(chained.unpack(TarBuilder()
                           .symlink("a", "b")
                           .symlink("b", "c/d")
                           .symlink("c", chained.outside())
                           .file("a/x", "1")
                           .finish()) == "");
  CHECK(chained.read(chained.outside() + "/d/x") == "1");
}

TEST_CASE("links that go in a circle end in an error") {
  const Target target;
  CHECK(target.unpack(TarBuilder().symlink("a", "b").symlink("b", "a").file("a/x", "1").finish()) ==
        "openat2(\"a\"): Too many levels of symbolic links (ELOOP)");
}

TEST_CASE("hard links reach only what the layer has") {
  const Target target;
  const std::string outside = target.outside();
  CHECK(target.unpack(TarBuilder().hard_link("b", outside + "/canary").finish()) ==
        "the hard link's target \"" + outside.substr(1) + "/canary\" is not in the layer");
  CHECK(target.unpack(TarBuilder().symlink("l", outside).hard_link("b", "l/canary").finish()) ==
        "the hard link's target \"l/canary\" is not in the layer");
  CHECK(target.unpack(TarBuilder().folder("d").hard_link("b", "d").finish()) ==
        "the hard link's target \"d\" is a folder");
  CHECK(target.unpack(TarBuilder().hard_link("b", ".").finish()) == "a hard link to the layer's root");
  CHECK(target.unpack(TarBuilder().hard_link("self", "self").finish()) ==
        "the hard link's target \"self\" is not in the layer");
  // A hard link to a link is the link, and writing over it replaces the name.
  CHECK(target.unpack(TarBuilder()
                          .symlink("s", outside + "/canary")
                          .hard_link("h", "s")
                          .file("h", "replaced")
                          .finish()) == "");
  CHECK(target.read("h") == "replaced");
  CHECK(S_ISLNK(target.status("s").st_mode));
  CHECK(target.unpack(TarBuilder().file("f", "1").hard_link("f2", "f").hard_link("f2", "/f").finish()) == "");
  CHECK(target.status("f").st_nlink == 2);
}

TEST_CASE("a name that changes its type is replaced, never followed") {
  const Target target;
  CHECK(target.unpack(
            TarBuilder().symlink("l", target.outside()).folder("l", 0777).file("l/canary", "1").finish()) ==
        "");
  CHECK(S_ISDIR(target.status("l").st_mode));
  CHECK(target.read("l/canary") == "1");
  CHECK(target.unpack(TarBuilder().folder("d").file("d/x", "1").symlink("d", target.outside()).finish()) ==
        "");
  CHECK(S_ISLNK(target.status("d").st_mode));
  CHECK(target.unpack(
            TarBuilder().symlink("f", target.outside() + "/canary").file("f", "own", 0777).finish()) == "");
  CHECK(target.read("f") == "own");
  CHECK(target.unpack(TarBuilder().file("g", "1").file("g", "22").finish()) == "");
  CHECK(target.read("g") == "22");
  // An open parent that is replaced meanwhile must not be written to any more.
  CHECK(target.unpack(TarBuilder().file("p/a", "1").symlink("p", "q").file("p/b", "2").finish()) == "");
  CHECK(target.read("q/b") == "2");
  CHECK(target.unpack(TarBuilder().file("n", "1").file("n/x", "2").finish()) ==
        "openat2(\"n\"): Not a directory (ENOTDIR)");
}

TEST_CASE("whiteouts name one thing of their own folder") {
  for (const std::string name : {".wh.", ".wh..", ".wh..."}) {
    const Target target;
    CHECK(target.unpack(TarBuilder().file(name, "").finish()) == "\"" + name + "\" is no whiteout of a name");
  }
  const Target target;
  CHECK(target.unpack(TarBuilder()
                          .symlink("l", target.outside())
                          .file("l/.wh.canary", "")
                          .file("l/.wh..wh..opq", "")
                          .finish()) == "");
  CHECK(S_ISCHR(target.status(target.outside() + "/canary").st_mode));
  CHECK(target.xattr(target.outside(), "trusted.overlay.opaque") == "y");
}

TEST_CASE("whiteouts take overlay's form") {
  const Target target;
  CHECK(target.unpack(TarBuilder()
                          .file("a/.wh.gone", "content that is passed over")
                          .folder("b")
                          .file("b/kept", "1")
                          .file("b/.wh..wh..opq", "")
                          .file(".wh.c", "")
                          .folder("c")
                          .file(".wh.d", "")
                          .file("d", "file")
                          .folder("e")
                          .file(".wh.e", "")
                          .folder(".wh..wh.plnk")
                          .file(".wh..wh.plnk/1.2", "x")
                          .file("a/.wh..wh.aufs", "x")
                          .finish()) == "");
  CHECK(S_ISCHR(target.status("a/gone").st_mode));
  CHECK(target.status("a/gone").st_rdev == 0);
  CHECK(target.xattr("b", "trusted.overlay.opaque") == "y");
  CHECK(target.read("b/kept") == "1");
  CHECK(target.xattr("c", "trusted.overlay.opaque") == "y");
  CHECK(target.read("d") == "file");
  CHECK(target.xattr("e", "trusted.overlay.opaque") == "y");
  CHECK_FALSE(target.has(".wh..wh.plnk"));
  CHECK(sys::list_directory(target.layer() + "/a").value() == std::vector<std::string>{"gone"});
}

TEST_CASE("devices, fifos and setuid bits are made as they are told") {
  const Target target;
  TarEntry disk = TarBuilder::entry(TarType::BlockDevice, "dev/disk", 0660);
  disk.major = 8;
  disk.minor = 17;
  TarEntry suid = TarBuilder::entry(TarType::File, "su", 06755);
  suid.uid = 12;
  suid.gid = 34;
  CHECK(target.unpack(TarBuilder()
                          .add(disk)
                          .add(TarBuilder::entry(TarType::Fifo, "fifo", 0600))
                          .add(suid, "#!")
                          .folder("sticky", 01777)
                          .finish()) == "");
  CHECK(S_ISBLK(target.status("dev/disk").st_mode));
  CHECK(target.status("dev/disk").st_rdev == makedev(8, 17));
  CHECK(S_ISFIFO(target.status("fifo").st_mode));
  CHECK((target.status("su").st_mode & 07777) == 06755);
  CHECK(target.status("su").st_uid == 12);
  CHECK(target.status("su").st_gid == 34);
  CHECK((target.status("sticky").st_mode & 07777) == 01777);
  CHECK(target.status("su").st_mtim.tv_sec == 1'000'000'000);
  CHECK(target.status("sticky").st_mtim.tv_sec == 1'000'000'000);
}

TEST_CASE("attributes that overlayfs or a security module reads are dropped") {
  const Target target;
  TarEntry entry = TarBuilder::entry(TarType::File, "f", 0644);
  entry.xattrs = {
      {"trusted.overlay.redirect", "/etc"}, {"trusted.overlay.opaque", "y"}, {"trusted.x", "1"},
      {"user.overlay.opaque", "y"},         {"security.selinux", "x"},       {"user.mime", "text"}};
  CHECK(target.unpack(TarBuilder().add(entry, "").finish()) == "");
  CHECK(target.xattr("f", "user.mime") == "text");
  for (const char* name :
       {"trusted.overlay.redirect", "trusted.overlay.opaque", "trusted.x", "user.overlay.opaque"}) {
    CHECK(target.xattr("f", name) == "(none)");
  }
}

TEST_CASE("malformed headers are refused by name") {
  RawHeader volume, negative, huge, no_name, no_target, id, device, size;
  volume.type = 'M';
  negative.size = std::string(12, '\xff');
  huge.size = "\x80" + std::string(4, '\0') + std::string(7, '\x7f');
  no_name.name = "";
  no_target.type = '2';
  id.uid = std::string("\x80\0\0\0\xff\xff\xff\xff", 8);
  device.type = '3';
  device.major = "7777777";
  size.size = "99999999999";
  const std::vector<std::pair<std::string, std::string>> cases{
      {raw(volume), "tar: \"x\" has the unsupported type 0x4d"},
      {raw(negative), "tar: \"x\" has a malformed size"},
      {raw(size), "tar: \"x\" has a malformed size"},
      {raw(no_name), "tar: a member has no name"},
      {raw(no_target), "tar: the link \"x\" has no target"},
      {raw(id), "tar: \"x\" has a uid out of range"},
      {raw(device), "tar: \"x\" has a device number out of range"},
      {pax_header("99 path=x\n") + raw({}), "tar: a pax header is malformed"},
      {pax_header("5 a=\n") + raw({}), ""},
      {pax_header("no number") + raw({}), "tar: a pax header is malformed"},
      {pax_header("0 \n") + raw({}), "tar: a pax header is malformed"},
      {pax_header(pax_record("path", std::string("a\0b", 3))) + raw({}), "tar: a pax value holds a NUL"},
      {pax_header(pax_record("GNU.sparse.major", "2")) + raw({}),
       "tar: a sparse file is written in a form that is not known"},
      {pax_header(pax_record("size", "-1")) + raw({}), "tar: \"x\" has a malformed size"},
      {pax_header(pax_record("size", "9223372036854775807")) + raw({}), "tar: \"x\" is too large"},
      {pax_header(pax_record("size", "1000000")) + raw({}), "tar: the archive ends inside a member"},
      {pax_header(pax_record("uid", "4294967295")) + raw({}), "tar: \"x\" has a uid out of range"},
      {pax_header(pax_record("gid", "-1")) + raw({}), "tar: \"x\" has a gid out of range"},
      {pax_header(pax_record("mtime", "never")) + raw({}), "tar: \"x\" has a malformed time"},
      {pax_header(pax_record("path", "../../x")) + raw({}), "the layer's name \"../../x\" leads upwards"},
      {pax_header(pax_record("linkpath", std::string(5000, 'l'))) + raw({}),
       "tar: \"x\" has a path of more than 4095 bytes"},
  };
  for (const auto& [tar, message] : cases) {
    const Target target;
    CHECK(target.unpack(tar) == message);
  }
  std::string many;
  for (int i = 0; i < 9; ++i) many += pax_header(pax_record("comment", "x"));
  const Target target;
  CHECK(target.unpack(many + raw({})) == "tar: more than 8 extension headers before one member");
  CHECK(target.unpack(huge.block() + end_of_tar()).starts_with("tar: "));
}

TEST_CASE("layers without parent entries take the folders' owner and mode from below") {
  const Target lower, upper;
  CHECK(lower.unpack(TarBuilder().folder("tmp", 01777).folder("tmp/x", 0700).finish()) == "");
  const auto root = sys::open_file(upper.layer(), O_RDONLY | O_DIRECTORY).value();
  const std::string tar = TarBuilder().file("tmp/x/f", "1").file("new/f", "2").finish();
  MemoryChunks chunks(tar);
  const auto stats = unpack_tar(chunks, root.value()).value();
  CHECK(stats.implied_folders == std::vector<std::string>{"new", "tmp", "tmp/x"});
  REQUIRE(adopt_folders(root.value(), stats.implied_folders, {lower.layer()}));
  CHECK((upper.status("tmp").st_mode & 07777) == 01777);
  CHECK((upper.status("tmp/x").st_mode & 07777) == 0700);
  CHECK((upper.status("new").st_mode & 07777) == 0755);
}

TEST_CASE("absolute links such as /var/run work, in any order") {
  const Target target;
  CHECK(target.unpack(TarBuilder()
                          .folder("var")
                          .symlink("var/run", "/run")
                          .file("var/run/x.pid", "1")
                          .folder("run", 0711)
                          .finish()) == "");
  CHECK(target.read("run/x.pid") == "1");
  CHECK((target.status("run").st_mode & 07777) == 0711);
  CHECK(S_ISLNK(target.status("var/run").st_mode));
}

TEST_CASE("a very deep tree is unpacked and removed") {
  const Target target;
  std::string path = "d";
  for (int i = 0; i < 1'900; ++i) path += "/d";
  CHECK(target.unpack(TarBuilder().file(path + "/f", "deep").finish()) == "");
  REQUIRE(sys::remove_tree(target.layer()));
}
