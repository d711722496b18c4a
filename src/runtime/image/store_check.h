// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
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

}  // namespace runtime::image
