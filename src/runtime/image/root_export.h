// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/image/image_store.h"
#include "runtime/snapshot/snapshot_store.h"

namespace runtime::image {

/// Writes what a container sees as its root, without its volumes and mounts, as one tar to descriptor `tar`:
/// the writable layer `writable` over `layers` (bottom first). The container may be running; a file that gets
/// shorter meanwhile is an error. NotFound: no such layer.
base::Result<> export_root(snapshot::SnapshotStore& snapshots, const std::string& writable,
                           const std::vector<std::string>& layers, int tar);

/// The same of an image: what a container made from it would start with. NotFound: no such image. Cancelled:
/// the tar is not whole.
base::Result<> export_image(ImageStore& store, const std::string& image, int tar,
                            const base::Cancellation& cancellation = {});

}  // namespace runtime::image
