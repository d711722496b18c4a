// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/copy_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

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
  /// A file as a copy of app/f would be, but for its text.
  void put(const std::string& path, const std::string& text) const {
    REQUIRE(sys::write_file(path, text, 0644));
    struct stat source {};
    REQUIRE(::stat((context + "/app/f").c_str(), &source) == 0);
    const std::array<timespec, 2> times{source.st_atim, source.st_mtim};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
  }
  std::string copied() const { return sys::read_file(layer + "/app/f").value(); }
};

}  // namespace

TEST_CASE("an unchanged file is linked out of the earlier layer") {
  Reuse reuse;
  REQUIRE(sys::make_directories(reuse.old_layer + "/app"));
  reuse.put(reuse.old_layer + "/app/f", "shared\n");
  reuse.copy();
  CHECK(reuse.copied() == "shared\n");
}

TEST_CASE("a file of the earlier layer that a copy would not be like is not taken") {
  Reuse reuse;
  REQUIRE(sys::make_directories(reuse.old_layer + "/app"));
  const std::string file = reuse.old_layer + "/app/f";
  reuse.put(file, "shared\n");
  SECTION("another size") { reuse.put(file, "longer text\n"); }
  SECTION("another mode") { REQUIRE(::chmod(file.c_str(), 0600) == 0); }
  SECTION("another owner") { REQUIRE(::chown(file.c_str(), 5, 0) == 0); }
  SECTION("another time") {
    const std::array<timespec, 2> times{timespec{1, 0}, timespec{1, 0}};
    REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times.data(), 0) == 0);
  }
  SECTION("a link") {
    REQUIRE(::unlink(file.c_str()) == 0);
    REQUIRE(::symlink("g", file.c_str()) == 0);
    reuse.put(reuse.old_layer + "/app/g", "shared\n");
  }
  reuse.copy(true);
  CHECK(reuse.copied() == "source\n");
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
  reuse.put(reuse.old_layer + "/app/f", "base..\n");
  SECTION("the base alone") {
    reuse.copy(true);
    CHECK(sys::list_directory(reuse.layer + "/app").value().empty());
  }
  SECTION("a patch without the file") {
    reuse.copy(true, patch);
    CHECK(sys::list_directory(reuse.layer + "/app").value().empty());
  }
  SECTION("a patch with the file") {
    reuse.put(patch + "/app/f", "patch.\n");
    reuse.copy(true, patch);
    CHECK(reuse.copied() == "patch.\n");
  }
  SECTION("a patch whose base does not stay") {
    reuse.copy(false, patch);
    CHECK(reuse.copied() == "base..\n");
  }
}
