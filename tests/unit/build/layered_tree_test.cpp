// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/layered_tree.h"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "runtime/build/file_owner.h"
#include "support/temporary_folder.h"

using namespace runtime::build;

namespace {

struct Layers {
  test::TemporaryFolder folder;
  std::string upper = folder.path + "/upper", lower = folder.path + "/lower";
  Layers() {
    REQUIRE(sys::make_directories(upper));
    REQUIRE(sys::make_directories(lower));
  }
  static void file(const std::string& path, const std::string& text = "x") {
    REQUIRE(sys::make_directories(path.substr(0, path.find_last_of('/'))));
    REQUIRE(sys::write_file(path, text, 0644));
  }
  LayeredTree open() const { return LayeredTree::open({upper, lower}, OverlayMarks::Honour).value(); }
  std::string path_of(const std::string& text) const { return open().resolve(text).value().path(); }
};

std::vector<std::string> names_in(const LayeredTree& tree, const std::string& path) {
  return tree.list(*tree.resolve(path).value().node).value();
}

}  // namespace

TEST_CASE("layers are merged, and what an upper one removed is gone") {
  Layers layers;
  layers.file(layers.lower + "/d/low");
  layers.file(layers.lower + "/d/gone");
  layers.file(layers.lower + "/opaque/hidden");
  layers.file(layers.upper + "/d/up");
  REQUIRE(::mknod((layers.upper + "/d/gone").c_str(), S_IFCHR, 0) == 0);
  layers.file(layers.upper + "/opaque/new");
  REQUIRE(::setxattr((layers.upper + "/opaque").c_str(), "trusted.overlay.opaque", "y", 1, 0) == 0);
  const LayeredTree tree = layers.open();
  CHECK(tree.resolve("/d/low").value().node.has_value());
  CHECK(tree.resolve("/d/up").value().node.has_value());
  CHECK_FALSE(tree.resolve("/d/gone").value().node.has_value());
  CHECK_FALSE(tree.resolve("/opaque/hidden").value().node.has_value());
  CHECK(tree.resolve("/opaque/new").value().node.has_value());
}

TEST_CASE("links are followed inside the tree only") {
  Layers layers;
  layers.file(layers.lower + "/real/file");
  REQUIRE(::symlink("/real", (layers.upper + "/absolute").c_str()) == 0);
  REQUIRE(::symlink("../../../../real", (layers.upper + "/climbing").c_str()) == 0);
  REQUIRE(::symlink("loop", (layers.upper + "/loop").c_str()) == 0);
  REQUIRE(::symlink("/not/there", (layers.upper + "/dangling").c_str()) == 0);
  CHECK(layers.path_of("/absolute/file") == "real/file");
  CHECK(layers.path_of("/climbing/file") == "real/file");
  CHECK(layers.path_of("/../../etc/passwd") == "etc/passwd");
  CHECK(layers.path_of("/dangling/x") == "not/there/x");
  CHECK(layers.path_of("/real/../absolute/./file") == "real/file");
  CHECK_FALSE(layers.open().resolve("/loop"));
  CHECK_FALSE(layers.open().resolve("/real/file/below"));
  CHECK(layers.open().resolve("/absolute", LastLink::Keep).value().node->is_link());
}

TEST_CASE("owners are looked up in the tree's own files, whatever those are") {
  Layers layers;
  layers.file(layers.lower + "/etc/passwd", "root:x:0:0\nweb:x:33:44:w:/:/bin/sh\nbad:x:4294967295:0:::\n");
  layers.file(layers.lower + "/etc/group", "staff:x:50:web\n:x:51:\n");
  const LayeredTree tree = layers.open();
  const auto check = [&](const char* text, std::uint32_t uid, std::uint32_t gid) {
    const auto owner = find_owner(text, tree).value();
    CHECK(owner.uid == uid);
    CHECK(owner.gid == gid);
  };
  check("web", 33, 44);
  check("web:staff", 33, 50);
  check("7", 7, 7);
  check("7:8", 7, 8);
  check(":staff", 0, 50);
  check("4294967294", 4294967294, 4294967294);
  for (const char* text : {"nobody", "web:none", "4294967295", "-1", "0x1", "", ":", "bad", "99999999999"}) {
    INFO(text);
    CHECK_FALSE(find_owner(text, tree));
  }
  REQUIRE(::unlink((layers.lower + "/etc/passwd").c_str()) == 0);
  REQUIRE(::mkfifo((layers.lower + "/etc/passwd").c_str(), 0644) == 0);
  CHECK_FALSE(find_owner("web", layers.open()));
  REQUIRE(::unlink((layers.lower + "/etc/passwd").c_str()) == 0);
  REQUIRE(::symlink("/dev/zero", (layers.lower + "/etc/passwd").c_str()) == 0);
  CHECK_FALSE(find_owner("web", layers.open()));
}

TEST_CASE("many names from both layers are listed once") {
  Layers layers;
  for (const char* name : {"/a", "/b", "/c"}) layers.file(layers.lower + name);
  for (const char* name : {"/b", "/d"}) layers.file(layers.upper + name);
  CHECK(names_in(layers.open(), "/") == std::vector<std::string>{"a", "b", "c", "d"});
}
