// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/root_export.h"

#include <fcntl.h>

#include "runtime/image/layer_tar.h"
#include "sys/file.h"
#include "sys/mount.h"

namespace runtime::image {
namespace {

/// The folders (top first) as one, read-only: whoever has them mounted goes on beside it.
base::Result<sys::UniqueFd> open_merged(std::vector<std::string> folders) {
  if (folders.size() == 1) return sys::open_file(folders.front(), O_RDONLY | O_DIRECTORY);
  const sys::UniqueFd mount = TRY(sys::mount_overlay({.lower = std::move(folders), .upper = {}, .work = {}}));
  return sys::open_at(mount.value(), ".", O_RDONLY | O_DIRECTORY);
}

base::Result<> write_root(std::vector<std::string> folders, int tar,
                          const base::Cancellation& cancellation = {}) {
  TarWriter writer(sink_to(tar, cancellation));
  // An image may have no layer at all.
  if (folders.empty()) return writer.finish();
  const sys::UniqueFd merged = TRY(open_merged(std::move(folders)));
  return write_layer_tar(merged.value(), writer);
}

}  // namespace

base::Result<> export_root(snapshot::SnapshotStore& snapshots, const std::string& writable,
                           const std::vector<std::string>& layers, int tar) {
  snapshot::PreparedRoot root = TRY(snapshots.open_root(writable, layers));
  if (root.method == snapshot::Method::Copy) root.lower_dirs.clear();
  root.lower_dirs.insert(root.lower_dirs.begin(), root.layer.fs);
  return write_root(std::move(root.lower_dirs), tar);
}

base::Result<> export_image(ImageStore& store, const std::string& image, int tar,
                            const base::Cancellation& cancellation) {
  snapshot::SnapshotStore& snapshots = store.snapshots();
  const std::vector<std::string> layers = TRY(store.find(image)).layers;
  if (snapshots.method() == snapshot::Method::Overlay)
    return write_root(TRY(snapshots.lower_dirs(layers)), tar, cancellation);
  const snapshot::PreparedRoot copy = TRY(snapshots.prepare_root(layers, snapshot::Lifetime::Process));
  const auto written = write_root({copy.layer.fs}, tar, cancellation);
  TRY(snapshots.remove(copy.layer.id));
  return written;
}

}  // namespace runtime::image
