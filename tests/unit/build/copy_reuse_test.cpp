// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/copy_reuse.h"

#include <catch2/catch.hpp>

#include <fmt/format.h>

using namespace runtime::build;

namespace {

/// A folder and 1,000 files of a block in it.
struct Files {
  std::vector<ScannedSource> before{1}, now;
  Files() {
    SourceEntry& folder = before[0].entries.emplace_back();
    folder.facts.mode = S_IFDIR | 0755;
    for (int i = 0; i < 1000; ++i) {
      SourceEntry& entry = before[0].entries.emplace_back();
      entry.path = fmt::format("{:03}", i);
      entry.digest = std::string(64, 'a');
      entry.facts.mode = S_IFREG | 0644;
      entry.facts.size = 4000;
      entry.facts.inode = static_cast<std::uint64_t>(i);
    }
    now = before;
  }
  SourceEntry& file(std::size_t index) { return now[0].entries[index + 1]; }
  void change(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) file(i).digest = std::string(64, 'b');
  }
  bool worth(PatchSize earlier = {}) const {
    return is_worth_a_patch(compare(make_memory(before), now), earlier);
  }
};

}  // namespace

TEST_CASE("a file is the same with its content, mode and time") {
  Files files;
  const SourceEntry then = files.file(0);
  SourceEntry now = then;
  CHECK(shows_the_same(then, now));
  SECTION("content") { now.digest = std::string(64, 'b'); }
  SECTION("mode") { now.facts.mode |= 0111; }
  SECTION("time") { ++now.facts.modified_ns; }
  SECTION("not known") { now.digest.clear(); }
  SECTION("no file any more") { now.facts.mode = S_IFLNK | 0777; }
  CHECK_FALSE(shows_the_same(then, now));
}

TEST_CASE("a few changed files of many are worth a patch") {
  Files files;
  files.change(1);
  const CopyChange change = compare(make_memory(files.before), files.now);
  CHECK(change.files == 1000);
  CHECK(change.bytes == 1000 * 4096);
  CHECK(change.changed_files == 1);
  CHECK(change.changed_bytes == 4096);
  CHECK(change.folders_before == 1);
  CHECK_FALSE(change.names_lost);
  CHECK(files.worth());
  SECTION("a new name") { files.now[0].entries.push_back({.path = "new"}); }
  SECTION("a file that became a link") { files.file(5).facts.mode = S_IFLNK | 0777; }
  SECTION("links, which every patch has anew") {
    SourceEntry link{.path = "link"};
    link.facts.mode = S_IFLNK | 0777;
    for (auto* sources : {&files.before, &files.now})
      sources->front().entries.insert(sources->front().entries.end(), 900, link);
    CHECK(files.worth({901, 4096}));
  }
  SECTION("one quarter") { files.change(250); }
  SECTION("with the earlier patch a quarter; its folders do not count") {
    CHECK(files.worth({250, 250 * 4096}));
  }
  CHECK(files.worth());
}

TEST_CASE("a whole layer is made when a patch would show what is gone, or waste space") {
  Files files;
  files.change(1);
  SECTION("a name is gone") { files.now[0].entries.pop_back(); }
  SECTION("a name is gone and another came") { files.now[0].entries.back().path = "new"; }
  SECTION("two names of one file") {
    files.file(1).facts.links = files.file(2).facts.links = 2;
    files.file(2).facts.inode = files.file(1).facts.inode;
  }
  SECTION("more than a quarter of the files") { files.change(251); }
  SECTION("more than a quarter of the bytes") { files.file(0).facts.size = 400 * 4096; }
  SECTION("more than a quarter with the earlier patch") {
    CHECK_FALSE(files.worth({251, 4096}));
    files.change(251);
  }
  SECTION("the earlier patch's bytes") {
    CHECK_FALSE(files.worth({1, 250 * 4096 + 1}));
    files.change(251);
  }
  SECTION("few files") {
    files.before[0].entries.resize(200);
    files.now[0].entries.resize(200);
  }
  CHECK_FALSE(files.worth());
}
