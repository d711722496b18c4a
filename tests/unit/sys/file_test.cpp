// SPDX-License-Identifier: Apache-2.0
#include "sys/file.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/temporary_folder.h"
#include "sys/sha256.h"

TEST_CASE("a file is replaced whole, and a tree is removed without following links") {
  const std::string root = "/tmp/file_test." + sys::random_hex(8);
  REQUIRE(sys::make_directories(root + "/a/b"));
  REQUIRE(sys::make_directories(root + "/keep"));
  REQUIRE(sys::write_file(root + "/keep/x", "1"));
  REQUIRE(sys::write_file(root + "/a/b/x", "old"));
  REQUIRE(sys::write_file(root + "/a/b/x", "new", 0640, sys::Durability::Sync));
  CHECK(sys::read_file(root + "/a/b/x").value() == "new");
  CHECK(sys::list_directory(root + "/a/b").value() == std::vector<std::string>{"x"});
  REQUIRE(::symlink((root + "/keep").c_str(), (root + "/a/link").c_str()) == 0);
  REQUIRE(sys::remove_tree(root + "/a"));
  CHECK_FALSE(sys::path_exists(root + "/a"));
  CHECK(sys::read_file(root + "/keep/x").value() == "1");
  REQUIRE(sys::remove_tree(root));
  REQUIRE(sys::remove_tree(root));
}

TEST_CASE("SHA-256 of known texts") {
  CHECK(sys::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sys::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sys::random_hex(32).size() == 64);
}

TEST_CASE("a file's size is not believed: no more is taken than may be read") {
  const test::TemporaryFolder folder;
  const std::string sparse = folder.path + "/sparse";
  REQUIRE(sys::write_file(sparse, "x"));
  // More than there is memory: reserving it would end the program.
  REQUIRE(::truncate(sparse.c_str(), std::int64_t{1} << 43) == 0);
  CHECK(sys::read_file(sparse, 1000).error().message == sparse + " is larger than 1000 bytes");

  const std::string exact = folder.path + "/exact";
  REQUIRE(sys::write_file(exact, std::string(1000, 'x')));
  CHECK(sys::read_file(exact, 1000).value().size() == 1000);
  CHECK_FALSE(sys::read_file(exact, 999));
  // A file whose size the kernel does not tell.
  CHECK(sys::read_file("/proc/kallsyms", 10'000).error().message ==
        "/proc/kallsyms is larger than 10000 bytes");
}
