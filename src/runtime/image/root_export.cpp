// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/root_export.h"

#include <fcntl.h>

#include "runtime/image/layer_tar.h"
#include "sys/file.h"
#include "sys/mount.h"

namespace runtime::image {
namespace {

/// Read-only, with the writable layer as one of the lower ones: the container's own mount goes on beside it.
base::Result<sys::UniqueFd> open_merged(const snapshot::PreparedRoot& root) {
  if (root.method == snapshot::Method::Copy || root.lower_dirs.empty())
    return sys::open_file(root.layer.fs, O_RDONLY | O_DIRECTORY);
  sys::OverlayLayers layers;
  layers.lower.push_back(root.layer.fs);
  layers.lower.insert(layers.lower.end(), root.lower_dirs.begin(), root.lower_dirs.end());
  const sys::UniqueFd mount = TRY(sys::mount_overlay(layers));
  return sys::open_at(mount.value(), ".", O_RDONLY | O_DIRECTORY);
}

}  // namespace

base::Result<> export_root(snapshot::SnapshotStore& snapshots, const std::string& writable,
                           const std::vector<std::string>& layers, int tar) {
  const snapshot::PreparedRoot root = TRY(snapshots.open_root(writable, layers));
  const sys::UniqueFd merged = TRY(open_merged(root));
  TarWriter writer([tar](std::string_view data) { return sys::write_all(tar, data); });
  return write_layer_tar(merged.value(), writer);
}

}  // namespace runtime::image
