// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/copy_reuse.h"

#include <algorithm>
#include <set>
#include <utility>

namespace runtime::build {
namespace {

/// With fewer files there is no time to be won.
constexpr std::int64_t kManyFiles = 256;
/// A patch may hold one part in so many.
constexpr std::int64_t kParts = 4;
constexpr std::int64_t kBlock = 4096;

std::int64_t on_disk(std::int64_t size) { return (size + kBlock - 1) / kBlock * kBlock; }

}  // namespace

bool shows_the_same(const SourceEntry& then, const SourceEntry& now) {
  return now.facts.is_file() && !now.digest.empty() && then.digest == now.digest &&
         then.facts.mode == now.facts.mode && then.facts.modified_ns == now.facts.modified_ns;
}

CopyChange compare(const CopyMemory& before, const std::vector<ScannedSource>& now) {
  CopyChange change;
  std::size_t kept = 0;
  std::set<std::pair<std::uint64_t, std::uint64_t>> linked;
  for (const ScannedSource& source : now) {
    for (const SourceEntry& entry : source.entries) {
      const SourceEntry* const then = before.find(entry.path);
      if (then != nullptr) ++kept;
      if (!entry.facts.is_file()) continue;
      ++change.files;
      change.bytes += on_disk(entry.facts.size);
      if (entry.facts.links > 1)
        change.hard_links |= !linked.emplace(entry.facts.device, entry.facts.inode).second;
      if (then != nullptr && shows_the_same(*then, entry)) continue;
      ++change.changed_files;
      change.changed_bytes += on_disk(entry.facts.size);
    }
  }
  change.names_lost = kept < before.entries.size();
  for (const SourceEntry& entry : before.entries) {
    if (entry.facts.is_folder()) ++change.folders_before;
    if (!entry.facts.is_folder() && !entry.facts.is_file()) ++change.others_before;
  }
  return change;
}

bool is_worth_a_patch(const CopyChange& change, const PatchSize& earlier) {
  if (change.names_lost || change.hard_links || change.files < kManyFiles) return false;
  const std::int64_t files =
      std::max<std::int64_t>(earlier.entries - change.folders_before - change.others_before, 0);
  const std::int64_t bytes = std::max<std::int64_t>(earlier.bytes - change.folders_before * kBlock, 0);
  return (files + change.changed_files) * kParts <= change.files &&
         (bytes + change.changed_bytes) * kParts <= change.bytes;
}

}  // namespace runtime::build
