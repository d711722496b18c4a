// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "model/digest.h"
#include "runtime/image/byte_source.h"
#include "runtime/image/content_store.h"
#include "runtime/image/decompress.h"
#include "runtime/image/layer_unpacker.h"
#include "runtime/snapshot/snapshot_store.h"

namespace runtime::image {

/// A layer unpacked into a writable snapshot, not committed yet.
struct UnpackedLayer {
  std::string snapshot;
  model::Digest diff_id;
  UnpackStats stats;
  std::optional<model::Digest> skeleton;
};

/// Unpacks a layer's tar, whatever it is compressed with, into a new snapshot. One thread inflates, one
/// digests, the caller's writes. With `expected`, Invalid when the tar's digest is another. On failure no
/// snapshot is left. With `skeletons`, a skeleton is stored there unless the tar has a name twice.
base::Result<UnpackedLayer> unpack_layer(snapshot::SnapshotStore& snapshots, ChunkSource& input,
                                         const std::optional<model::Digest>& expected,
                                         ContentStore* skeletons, ExpansionLimit limit = {});

}  // namespace runtime::image
