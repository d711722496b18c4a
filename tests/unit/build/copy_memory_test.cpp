// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/copy_memory.h"

#include <catch2/catch.hpp>

using namespace runtime::build;

namespace {

SourceEntry make_entry(const std::string& path, std::int64_t changed_ns) {
  SourceEntry entry{.path = path, .digest = std::string(64, 'a')};
  entry.facts.mode = S_IFREG | 0644;
  entry.facts.size = 5;
  entry.facts.modified_ns = -3;
  entry.facts.changed_ns = changed_ns;
  entry.facts.inode = 7;
  return entry;
}

}  // namespace

TEST_CASE("memory survives being written and read, and any damage is noticed") {
  std::vector<ScannedSource> sources(1);
  sources[0].entries = {make_entry("b", 100), make_entry("a", 200)};
  CopyMemory memory = make_memory(sources, 1'000'000'000);
  memory.layer = "layer";
  const std::string bytes = encode(memory);
  const auto read = decode_copy_memory(bytes);
  REQUIRE(read);
  CHECK(read->layer == "layer");
  REQUIRE(read->find("a") != nullptr);
  CHECK(read->find("a")->facts.changed_ns == 200);
  CHECK(read->find("a")->facts.modified_ns == -3);
  CHECK(read->find("none") == nullptr);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(decode_copy_memory(bytes.substr(0, size)));
  CHECK_FALSE(decode_copy_memory(bytes + "x"));
}

TEST_CASE("a digest is taken over only for the same version of a file that was old enough") {
  std::vector<ScannedSource> sources(1);
  constexpr std::int64_t kScan = 1'000'000'000;
  sources[0].entries = {make_entry("old", 100), make_entry("new", kScan - 1)};
  const CopyMemory memory = make_memory(sources, kScan);
  std::vector<ScannedSource> again(1);
  again[0].entries = {make_entry("old", 100), make_entry("new", kScan - 1)};
  for (SourceEntry& entry : again[0].entries) entry.digest.clear();
  CHECK_FALSE(recall_digests(memory, again));
  CHECK(again[0].entries[0].digest == std::string(64, 'a'));
  CHECK(again[0].entries[1].digest.empty());
  again[0].entries.pop_back();
  again[0].entries[0].digest.clear();
  again[0].entries[0].facts.changed_ns = 101;
  CHECK_FALSE(recall_digests(memory, again));
  CHECK(again[0].entries[0].digest.empty());
}
