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
  CopyMemory memory = make_memory(sources);
  memory.summary.layer = "layer";
  memory.summary.checksum = "checksum";
  memory.summary.below = "below";
  memory.summary.place = "place";
  const std::string bytes = encode(memory);
  const auto read = decode_copy_memory(bytes);
  REQUIRE(read);
  CHECK(read->summary.layer == "layer");
  CHECK(read->summary.checksum == "checksum");
  CHECK(read->summary.below == "below");
  CHECK(read->summary.place == "place");
  CHECK(read->summary.fingerprint == fingerprint(sources));
  REQUIRE(read->find("a") != nullptr);
  CHECK(read->find("a")->facts.changed_ns == 200);
  CHECK(read->find("a")->facts.modified_ns == -3);
  CHECK(read->find("none") == nullptr);
  REQUIRE(decode_copy_summary(bytes));
  CHECK(decode_copy_summary(bytes)->fingerprint == fingerprint(sources));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(decode_copy_memory(bytes.substr(0, size)));
  CHECK_FALSE(decode_copy_memory(bytes + "x"));
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    std::string damaged = bytes;
    damaged[place] = static_cast<char>(damaged[place] ^ 1);
    CHECK_FALSE(decode_copy_memory(damaged));
  }
}

TEST_CASE("each thing that a change of a file shows in changes the fingerprint") {
  std::vector<ScannedSource> sources(1);
  sources[0].entries = {make_entry("a", 100)};
  const std::string before = fingerprint(sources);
  CHECK(fingerprint(sources) == before);
  const auto differs = [&](auto change) {
    auto changed = sources;
    change(changed[0]);
    return fingerprint(changed) != before;
  };
  CHECK(differs([](ScannedSource& s) { s.name = "other"; }));
  CHECK(differs([](ScannedSource& s) { s.entries[0].path = "b"; }));
  CHECK(differs([](ScannedSource& s) { s.entries[0].link_target = "t"; }));
  CHECK(differs([](ScannedSource& s) { s.entries[0].facts.mode |= 0111; }));
  CHECK(differs([](ScannedSource& s) { ++s.entries[0].facts.size; }));
  CHECK(differs([](ScannedSource& s) { ++s.entries[0].facts.modified_ns; }));
  CHECK(differs([](ScannedSource& s) { ++s.entries[0].facts.changed_ns; }));
  CHECK(differs([](ScannedSource& s) { ++s.entries[0].facts.inode; }));
  CHECK(differs([](ScannedSource& s) { s.entries.push_back(s.entries[0]); }));
}

TEST_CASE("a digest is taken over only for the same version of a file that was old enough") {
  std::vector<ScannedSource> sources(1);
  constexpr std::int64_t kScan = 10'000'000'001;
  sources[0].entries = {make_entry("old", 100), make_entry("new", kScan - 2)};
  mark_unsettled(sources, kScan);
  const CopyMemory memory = make_memory(sources);
  CHECK(memory.summary.fingerprint.empty());
  std::vector<ScannedSource> again(1);
  again[0].entries = {make_entry("old", 100), make_entry("new", kScan - 2)};
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

TEST_CASE("where change times are whole seconds, a file is settled only after two of them") {
  std::vector<ScannedSource> sources(1);
  sources[0].entries = {make_entry("fine", 9'500'000'000), make_entry("coarse", 9'000'000'000)};
  mark_unsettled(sources, 10'000'000'000);
  CHECK_FALSE(sources[0].entries[0].unsettled);
  CHECK(sources[0].entries[1].unsettled);
  mark_unsettled(sources, 11'000'000'000);
  CHECK_FALSE(sources[0].entries[1].unsettled);
}
