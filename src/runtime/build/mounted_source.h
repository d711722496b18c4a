// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/build/build_cache.h"
#include "runtime/build/source_tree.h"
#include "sys/path_at.h"

namespace runtime::build {

/// What a mount's source held when it was looked at.
struct SeenSource {
  std::string checksum;
  std::string fingerprint;
  std::vector<SourceEntry> unsettled;   ///< Files that can change without a change of the fingerprint.
  std::optional<sys::Ownership> owner;  ///< Of everything there; nothing when they differ.
};

/// Looks at what `source` names in `tree`. As with COPY, files that are the same version as the last time are
/// not read again.
base::Result<SeenSource> look_at_source(const SourceTree& tree, const std::string& source, BuildCache& cache);

/// Whether nothing there was changed since. False when one cannot tell.
bool is_unchanged(const SourceTree& tree, const std::string& source, const SeenSource& seen);

}  // namespace runtime::build
