// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/build/builder.h"
#include "runtime/build/run_mounts.h"

namespace runtime::build {

/// Where a step's `RUN --mount=type=cache` keep their files: `<data root>/build/mounts/<hash>/<n>/fs`. The
/// hash is over the id, so that an id is never a path. Each place has a lock file: builds that use it hold it
/// shared, with sharing=locked or private exclusively.
struct CacheMounts {
  std::vector<std::string> folders;  ///< One for each cache mount, in their order.
  std::vector<sys::UniqueFd> locks;
};

/// The cache mounts among `mounts`. Waits for places with sharing=locked, until the build is cancelled; takes
/// others with private. Steps that wait for several never wait for each other. New places are filled from
/// `from`.
base::Result<CacheMounts> open_cache_mounts(BuildJob& job, const std::vector<PreparedMount>& mounts);

/// All places on disk. `id` is "mount:<hash>/<n>".
base::Result<std::vector<CacheRecord>> list_cache_mounts(const std::string& data_root);
/// Removes one unless a build uses it now. Bytes freed.
base::Result<std::int64_t> remove_cache_mount(const std::string& data_root, const std::string& id);

}  // namespace runtime::build
