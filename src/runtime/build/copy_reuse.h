// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/build/copy_memory.h"

namespace runtime::build {

/// What became of the files of an earlier COPY.
struct CopyChange {
  std::int64_t files = 0, bytes = 0;                   ///< Now; bytes in blocks on disk.
  std::int64_t changed_files = 0, changed_bytes = 0;   ///< Of them, those that are new or not the same.
  std::int64_t folders_before = 0, others_before = 0;  ///< Others: links and nodes.
  bool names_lost = false;                             ///< Something that was there is not any more.
  bool hard_links = false;                             ///< Two files now are one.
};

/// Whether a file has the content, mode and time that it had. A layer that the cache found can have an older
/// time: whoever shares its files looks at them.
bool shows_the_same(const SourceEntry& then, const SourceEntry& now);

/// `now` beside what an earlier layer was made from. Digests of both are known, or count as changed.
CopyChange compare(const CopyMemory& before, const std::vector<ScannedSource>& now);

/// What a layer takes that holds only what differs from a base; all that is no file is in it.
struct PatchSize {
  std::int64_t entries = 0, bytes = 0;
};

/// Whether the next layer should hold only what differs, too, and leave the rest to the base, when the
/// earlier one was of size `earlier` (nothing when it is the base). A name that is gone could not be hidden:
/// the layers below may have it as well. And of what a base holds the greater part should be in use.
bool is_worth_a_patch(const CopyChange& change, const PatchSize& earlier);

}  // namespace runtime::build
