// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/start_mounts.h"

#include <sys/mount.h>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/engine/container_files.h"

namespace runtime::engine {
namespace {

std::string option(const model::ObservedVolume& volume, const char* name) {
  const auto found = volume.options.find(name);
  return found == volume.options.end() ? std::string() : found->second;
}

bool has_word(const std::string& options, std::string_view word) {
  for (const std::string& each : base::split(options, ',')) {
    if (each == word) return true;
  }
  return false;
}

base::Result<> add_volume(Stores& stores, const model::MountSpec& mount, StartMounts& out) {
  const model::ObservedVolume volume = TRY(stores.volumes->inspect(mount.source));
  model::MountSpec plain = mount;
  plain.source = volume.mount_point;
  if (volume.options.empty()) {
    out.plain.push_back(std::move(plain));
    return {};
  }
  const std::string type = option(volume, "type");
  const std::string options = option(volume, "o");
  const std::string device = option(volume, "device");
  if (has_word(options, "bind") || has_word(options, "rbind")) {
    plain.type = model::MountType::Bind;
    plain.source = device;
    plain.create_host_path = false;
    plain.read_only = plain.read_only || has_word(options, "ro");
    out.plain.push_back(std::move(plain));
  } else if (type == "tmpfs") {
    plain.type = model::MountType::Tmpfs;
    plain.source.clear();
    plain.tmpfs_options = options;
    out.plain.push_back(std::move(plain));
  } else {
    container::MountPlan plan;
    plan.kind = container::MountKind::Filesystem;
    plan.filesystem = type;
    plan.source = device;
    plan.data = options;
    plan.target = mount.target;
    plan.attributes = mount.read_only ? MOUNT_ATTR_RDONLY : 0;
    out.filesystems.push_back(std::move(plan));
  }
  return {};
}

base::Result<> add_image(Stores& stores, const ResolvedMount& resolved, StartMounts& out) {
  const model::MountSpec& mount = resolved.spec;
  const image::Image image = TRY(stores.images->find(resolved.image_id));
  container::MountPlan plan;
  plan.target = mount.target;
  plan.attributes = MOUNT_ATTR_RDONLY;
  plan.kind = container::MountKind::Overlay;
  plan.layers = TRY(stores.snapshots->lower_dirs(image.layers));
  plan.subpath = mount.subpath;
  out.filesystems.push_back(std::move(plan));
  return {};
}

}  // namespace

base::Result<StartMounts> make_start_mounts(Stores& stores, const ContainerRecord& record) {
  StartMounts out;
  for (const ResolvedMount& mount : record.mounts) {
    switch (mount.spec.type) {
      case model::MountType::Volume: TRY(add_volume(stores, mount.spec, out)); break;
      case model::MountType::Image: TRY(add_image(stores, mount, out)); break;
      case model::MountType::Bind:
      case model::MountType::Tmpfs: out.plain.push_back(mount.spec); break;
    }
  }
  for (model::MountSpec& mount : file_mounts(stores.roots, record)) out.plain.push_back(std::move(mount));
  return out;
}

}  // namespace runtime::engine
