// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_system.h"

#include <fcntl.h>

#include <map>

#include "base/version.h"
#include "runtime/engine/container_observe.h"
#include "runtime/engine/recover.h"
#include "runtime/image/store_check.h"
#include "sys/file.h"
#include "sys/tree_copy.h"

namespace runtime::engine {
namespace {

using engine_client::DiskUse;

/// What a folder takes; 0 when it is gone.
base::Result<std::int64_t> size_of_folder(const std::string& path) {
  const auto folder = sys::open_file(path, O_RDONLY | O_DIRECTORY);
  if (!folder && folder.error().error_class == base::ErrorClass::NotFound) return 0;
  if (!folder) return base::fail(folder.error());
  return TRY(sys::measure_tree(folder->value())).bytes;
}

base::Result<> add_images(Stores& stores, DiskUse& out) {
  std::map<std::string, image::DiskUse> uses;
  for (image::DiskUse& use : TRY(stores.images->disk_use())) uses.emplace(use.id, use);
  std::map<std::string, bool> layers;  // Whether a container needs it.
  for (model::ObservedImage& observed : TRY(stores.images->list())) {
    const image::DiskUse use = uses[observed.id];
    const auto found = stores.images->find(observed.id);
    if (!found) continue;  // Removed meanwhile.
    const std::size_t users = TRY(stores.containers->users_of_image(observed.id)).size();
    for (const std::string& layer : TRY(stores.snapshots->with_bases(found->layers)))
      layers[layer] = layers[layer] || users > 0;
    out.images.push_back({std::move(observed), use.own, use.shared, static_cast<int>(users)});
  }
  for (const auto& [layer, needed] : layers) {
    // A damaged layer has no size: `check` reports it.
    const auto usage = stores.snapshots->usage(layer);
    if (!usage) continue;
    out.layers += usage->bytes;
    if (!needed) out.idle_layers += usage->bytes;
  }
  return {};
}

base::Result<> add_containers(Stores& stores, DiskUse& out) {
  for (const ContainerRecord& record : TRY(stores.containers->list(""))) {
    const auto layer = stores.snapshots->usage(record.id);
    const std::int64_t log = TRY(size_of_folder(stores.roots.container_log(record.id)));
    out.containers.push_back({TRY(observe_now(stores, record)), (layer ? layer->bytes : 0) + log});
  }
  return {};
}

base::Result<> add_volumes(Stores& stores, DiskUse& out) {
  std::map<std::string, int> users;
  for (const DiskUse::OfContainer& entry : out.containers) {
    for (const model::ObservedMount& mount : entry.container.mounts) {
      if (mount.type == model::MountType::Volume) ++users[mount.name];
    }
  }
  for (model::ObservedVolume& volume : TRY(stores.volumes->list())) {
    const std::int64_t size = TRY(size_of_folder(volume.mount_point));
    const int used = users[volume.name];
    out.volumes.push_back({std::move(volume), size, used});
  }
  return {};
}

}  // namespace

base::Result<engine_client::EngineVersion> BundledSystem::version() {
  return engine_client::EngineVersion{
      .name = "bundled", .version = std::string(base::kVersion), .api_version = ""};
}

base::Result<engine_client::Recovery> BundledSystem::recover(const base::Watcher& watcher) {
  return engine::recover(stores_, watcher);
}

base::Result<DiskUse> BundledSystem::disk_use() {
  DiskUse out;
  TRY(add_containers(stores_, out));
  TRY(add_images(stores_, out));
  TRY(add_volumes(stores_, out));
  return out;
}

base::Result<engine_client::StoreCheck> BundledSystem::check(const engine_client::CheckOptions& options) {
  const auto depth = options.content ? image::CheckDepth::Content : image::CheckDepth::Records;
  const auto action = options.repair ? image::CheckAction::Repair : image::CheckAction::Report;
  image::CheckReport report =
      TRY(image::check_store(*stores_.images, depth, action, [this](const std::string& id) {
        return stores_.containers->users_of_image(id);
      }));
  return engine_client::StoreCheck{std::move(report.problems), std::move(report.repairs)};
}

}  // namespace runtime::engine
