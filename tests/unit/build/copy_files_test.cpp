// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/copy_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/temporary_folder.h"

using namespace runtime::build;

namespace {

/// A source with app/f, and an earlier layer of which every file counts as unchanged.
struct Reuse {
  test::TemporaryFolder folder;
  std::string context = folder.path + "/context", old_layer = folder.path + "/old";
  std::string layer = folder.path + "/new", outside = folder.path + "/outside";

  Reuse() {
    for (const std::string& path : {context + "/app", old_layer, layer, outside})
      REQUIRE(sys::make_directories(path));
    REQUIRE(sys::write_file(context + "/app/f", "source\n", 0644));
    REQUIRE(sys::write_file(outside + "/f", "host\n", 0644));
  }

  void copy(bool stays_below = false, const std::string& patch = "") const {
    const SourceTree tree = open_context(context, "").value();
    std::vector<ScannedSource> sources = scan_source(tree, ".", {}).value();
    REQUIRE(hash_entries(tree, sources));
    const CopyMemory memory = make_memory(sources);
    ReusableLayer reusable{.folders = {old_layer}, .memory = &memory, .stays_below = stays_below};
    if (!patch.empty()) reusable.folders.insert(reusable.folders.begin(), patch);
    LayerWriter writer = LayerWriter::open(layer, {}, timespec{}).value();
    const CopyTarget target{.path = "/", .owner = {}, .mode = {}, .parents = false};
    const base::Cancellation cancellation;
    REQUIRE(copy_sources(tree, sources, target, writer, &reusable, cancellation).value() ==
            CopyOutcome::Exact);
  }
  std::string copied() const { return sys::read_file(layer + "/app/f").value(); }
};

}  // namespace

TEST_CASE("an unchanged file is linked out of the earlier layer") {
  Reuse reuse;
  REQUIRE(sys::make_directories(reuse.old_layer + "/app"));
  REQUIRE(sys::write_file(reuse.old_layer + "/app/f", "earlier\n", 0644));
  reuse.copy();
  CHECK(reuse.copied() == "earlier\n");
}

TEST_CASE("no link in the earlier layer leads to a file outside of it") {
  Reuse reuse;
  SECTION("an absolute one") {
    REQUIRE(::symlink(reuse.outside.c_str(), (reuse.old_layer + "/app").c_str()) == 0);
  }
  SECTION("a relative one") { REQUIRE(::symlink("../outside", (reuse.old_layer + "/app").c_str()) == 0); }
  SECTION("a file in the folder's place") { REQUIRE(sys::write_file(reuse.old_layer + "/app", "x", 0644)); }
  reuse.copy();
  CHECK(reuse.copied() == "source\n");
  struct stat status {};
  REQUIRE(::stat((reuse.outside + "/f").c_str(), &status) == 0);
  CHECK(status.st_nlink == 1);
}

TEST_CASE("what a base shows is left out, what an earlier patch has is linked out of that") {
  Reuse reuse;
  const std::string patch = reuse.folder.path + "/patch";
  REQUIRE(sys::make_directories(reuse.old_layer + "/app"));
  REQUIRE(sys::make_directories(patch + "/app"));
  REQUIRE(sys::write_file(reuse.old_layer + "/app/f", "base\n", 0644));
  SECTION("the base alone") {
    reuse.copy(true);
    CHECK(sys::list_directory(reuse.layer + "/app").value().empty());
  }
  SECTION("a patch without the file") {
    reuse.copy(true, patch);
    CHECK(sys::list_directory(reuse.layer + "/app").value().empty());
  }
  SECTION("a patch with the file") {
    REQUIRE(sys::write_file(patch + "/app/f", "patch\n", 0644));
    reuse.copy(true, patch);
    CHECK(reuse.copied() == "patch\n");
  }
  SECTION("a patch whose base does not stay") {
    reuse.copy(false, patch);
    CHECK(reuse.copied() == "base\n");
  }
}
