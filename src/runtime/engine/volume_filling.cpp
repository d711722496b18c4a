// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/volume_filling.h"

#include <fcntl.h>

#include "model/labels.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/path_at.h"

namespace runtime::engine {
namespace {

/// The image's root, read-only; one layer needs no overlay.
base::Result<sys::UniqueFd> open_image_root(Stores& stores, const image::Image& image) {
  const auto lower = TRY(stores.snapshots->lower_dirs(image.layers));
  if (lower.empty()) return sys::UniqueFd();
  if (lower.size() == 1) return sys::open_file(lower.front(), O_RDONLY | O_DIRECTORY);
  return sys::mount_overlay({.lower = lower, .upper = {}, .work = {}});
}

/// The folder the image has at `target`; empty when there is none.
base::Result<sys::UniqueFd> open_image_folder(Stores& stores, const image::Image& image,
                                              const std::string& target) {
  const sys::UniqueFd root = TRY(open_image_root(stores, image));
  if (!root.valid()) return sys::UniqueFd();
  auto folder = sys::open_in_root(root.value(), target, O_RDONLY | O_DIRECTORY);
  if (folder) return std::move(*folder);
  const int reason = folder.error().errno_value;
  if (reason == ENOENT || reason == ENOTDIR || reason == ELOOP) return sys::UniqueFd();
  return base::fail(std::move(folder).error());
}

}  // namespace

base::Result<> fill_volume(Stores& stores, const ResolvedMount& mount, const image::Image& image,
                           const base::Cancellation& cancellation) {
  if (const auto there = stores.volumes->inspect(mount.spec.source); !there) {
    if (there.error().error_class != base::ErrorClass::NotFound) return base::fail(there.error());
    model::VolumeSpec spec{.name = mount.spec.source, .labels = mount.spec.volume_labels};
    if (mount.anonymous) spec.labels.emplace(model::labels::kAnonymousVolume, "");
    TRY(stores.volumes->create(spec));
  }
  if (mount.spec.no_copy) return {};
  return stores.volumes->fill(
      mount.spec.source, [&] { return open_image_folder(stores, image, mount.spec.target); }, cancellation);
}

}  // namespace runtime::engine
