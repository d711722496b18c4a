// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/watched_work.h"
#include "runtime/image/image_store.h"

namespace runtime::image {

enum class CheckDepth {
  Records,  ///< Records, folders and blobs are there and belong together.
  Content,  ///< Blobs are read and digested; layers that can be are held against their digests.
};
enum class CheckAction { Report, Repair };

struct CheckReport {
  std::vector<std::string> problems;  ///< One sentence each.
  std::vector<std::string> repairs;   ///< What was done about them; empty with Report.
};

/// Holds the store's records, folders and blobs against each other. Repair mends a lost or damaged layer from
/// its stored blob where there is one, and else takes the images that need it away, if `users` knows of no
/// container made of them: they must be pulled, loaded or built again. Blobs nobody speaks of are removed
/// when they are older than `orphan_age`, as a pull that is under way has such blobs too.
base::Result<CheckReport> check_store(ImageStore& store, CheckDepth depth, CheckAction action,
                                      const ImageUsers& users, std::chrono::seconds orphan_age = kOrphanAge);

/// What happens to a damaged layer below a container: it can be restored while no container runs, as in a
/// boot that has seen none yet.
enum class BelowContainers { Restore, Leave };

/// Looks at layers and blobs that were written before the machine started last and may not have reached the
/// disk, before anybody uses them; mends as check_store() does. What it did for the user to know is in
/// `problems` and `repairs`. Has those of this boot written in the background. One query when there are none.
/// Cancelled: the store is as it should be, and the next one goes on.
base::Result<CheckReport> settle_store(ImageStore& store, const ImageUsers& users, BelowContainers below,
                                       const base::Watcher& watcher);

}  // namespace runtime::image
