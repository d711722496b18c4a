// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"

namespace sys {

/// How overlay's own marks in the source are taken.
enum class Whiteouts {
  Apply,  ///< A device 0:0 removes that name in the target; an opaque folder empties it first.
  Keep,   ///< They are copied like anything else.
};

/// Copies what is in the folder `from` onto what is in `to`: files, folders, links, devices, hard links
/// among themselves, with owner, mode, time and extended attributes. Names in the way are replaced; folders
/// are merged. Follows no link; stays on the source's file system.
base::Result<> copy_tree(int from, int to, Whiteouts whiteouts);

struct TreeUsage {
  std::int64_t bytes = 0;    ///< Blocks on disk; a file with several names counts once.
  std::int64_t entries = 0;  ///< Without the folder itself.
  std::int64_t content = 0;  ///< Sizes of regular files; each name counts.
};
/// What is in the folder takes.
base::Result<TreeUsage> measure_tree(int folder);

}  // namespace sys
