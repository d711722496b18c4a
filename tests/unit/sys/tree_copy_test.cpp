// SPDX-License-Identifier: Apache-2.0
#include "sys/tree_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/temporary_folder.h"
#include "sys/file.h"

namespace {

struct Trees {
  test::TemporaryFolder folder;
  std::string from = folder.path + "/from", to = folder.path + "/to";
  Trees() {
    REQUIRE(sys::make_directories(from));
    REQUIRE(sys::make_directories(to));
  }
  base::Result<> copy(sys::Whiteouts whiteouts) const {
    const sys::UniqueFd source = TRY(sys::open_file(from, O_RDONLY | O_DIRECTORY));
    const sys::UniqueFd target = TRY(sys::open_file(to, O_RDONLY | O_DIRECTORY));
    return sys::copy_tree(source.value(), target.value(), whiteouts);
  }
};

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

}  // namespace

TEST_CASE("a tree is copied with owner, mode, time, attributes and links") {
  const Trees trees;
  REQUIRE(sys::make_directories(trees.from + "/d"));
  REQUIRE(sys::write_file(trees.from + "/d/a", "text", 04755));
  REQUIRE(::chown((trees.from + "/d/a").c_str(), 7, 8) == 0);
  REQUIRE(::chmod((trees.from + "/d/a").c_str(), 04755) == 0);
  REQUIRE(::setxattr((trees.from + "/d/a").c_str(), "user.k", "v", 1, 0) == 0);
  const timespec times[2] = {{5, 0}, {1'000'000'000, 5}};
  REQUIRE(::utimensat(AT_FDCWD, (trees.from + "/d/a").c_str(), times, 0) == 0);
  REQUIRE(::link((trees.from + "/d/a").c_str(), (trees.from + "/b").c_str()) == 0);
  REQUIRE(::symlink("/nowhere", (trees.from + "/s").c_str()) == 0);
  REQUIRE(::mkfifo((trees.from + "/p").c_str(), 0600) == 0);
  REQUIRE(trees.copy(sys::Whiteouts::Keep));

  const auto a = status_of(trees.to + "/d/a");
  CHECK(sys::read_file(trees.to + "/d/a").value() == "text");
  CHECK(a.st_uid == 7);
  CHECK(a.st_gid == 8);
  CHECK((a.st_mode & 07777) == 04755);
  CHECK(a.st_mtim.tv_sec == 1'000'000'000);
  CHECK(a.st_mtim.tv_nsec == 5);
  CHECK(status_of(trees.to + "/b").st_ino == a.st_ino);
  CHECK(S_ISLNK(status_of(trees.to + "/s").st_mode));
  CHECK(S_ISFIFO(status_of(trees.to + "/p").st_mode));
  char value = 0;
  CHECK(::getxattr((trees.to + "/d/a").c_str(), "user.k", &value, 1) == 1);
  CHECK(value == 'v');
}

TEST_CASE("whiteouts and opaque folders of an upper layer take effect") {
  const Trees trees;
  for (const char* path : {"/keep/x", "/opaque/old", "/gone/x"}) {
    REQUIRE(sys::make_directories(trees.to + std::string(path).substr(0, std::string(path).rfind('/'))));
    REQUIRE(sys::write_file(trees.to + path, "old"));
  }
  REQUIRE(sys::make_directories(trees.from + "/keep"));
  REQUIRE(sys::make_directories(trees.from + "/opaque"));
  REQUIRE(sys::write_file(trees.from + "/keep/y", "new"));
  REQUIRE(sys::write_file(trees.from + "/opaque/new", "new"));
  REQUIRE(::setxattr((trees.from + "/opaque").c_str(), "trusted.overlay.opaque", "y", 1, 0) == 0);
  REQUIRE(::mknod((trees.from + "/gone").c_str(), S_IFCHR, makedev(0, 0)) == 0);
  REQUIRE(trees.copy(sys::Whiteouts::Apply));

  CHECK(sys::list_directory(trees.to).value() == std::vector<std::string>{"keep", "opaque"});
  CHECK(sys::list_directory(trees.to + "/keep").value() == std::vector<std::string>{"x", "y"});
  CHECK(sys::list_directory(trees.to + "/opaque").value() == std::vector<std::string>{"new"});
  CHECK(::getxattr((trees.to + "/opaque").c_str(), "trusted.overlay.opaque", nullptr, 0) < 0);
}
