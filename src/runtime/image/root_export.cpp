// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/root_export.h"

#include "runtime/image/layer_tar.h"
#include "runtime/snapshot/merged_folder.h"
#include "sys/file.h"

namespace runtime::image {
namespace {

base::Result<> write_root(std::vector<std::string> folders, int tar,
                          const base::Cancellation& cancellation = {}) {
  TarWriter writer(sink_to(tar, cancellation));
  // An image may have no layer at all.
  if (folders.empty()) return writer.finish();
  const sys::UniqueFd merged = TRY(snapshot::open_merged(std::move(folders)));
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
  const std::vector<std::string> layers = TRY(store.find_whole(image)).layers;
  if (snapshots.method() == snapshot::Method::Overlay)
    return write_root(TRY(snapshots.lower_dirs(layers)), tar, cancellation);
  const snapshot::PreparedRoot copy = TRY(snapshots.prepare_root(layers, snapshot::Lifetime::Process));
  const auto written = write_root({copy.layer.fs}, tar, cancellation);
  TRY(snapshots.remove(copy.layer.id));
  return written;
}

}  // namespace runtime::image
