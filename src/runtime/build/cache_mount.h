// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/build/builder.h"
#include "runtime/build/run_mounts.h"

namespace runtime::build {

/// Where a `RUN --mount=type=cache` keeps its files: `<data root>/build/mounts/<hash>/<n>/fs`. The hash is
/// over the id, so that an id is never a path. Each place has a lock file: builds that use it hold it shared,
/// with sharing=locked or private exclusively.
struct CacheMountPlace {
  std::string folder;
  sys::UniqueFd lock;
};

/// Waits for the place with sharing=locked; takes another with private. Filled from `from` when it is new.
base::Result<CacheMountPlace> open_cache_mount(BuildJob& job, const PreparedMount& prepared);

/// All places on disk. `id` is "mount:<hash>/<n>".
base::Result<std::vector<CacheRecord>> list_cache_mounts(const std::string& data_root);
/// Removes one unless a build uses it now. Bytes freed.
base::Result<std::int64_t> remove_cache_mount(const std::string& data_root, const std::string& id);

}  // namespace runtime::build
