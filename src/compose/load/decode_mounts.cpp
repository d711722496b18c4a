// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/decode.h"

namespace compose::load {
namespace {

using model::MountType;

model::MountSpec decode_mount(const Tree& node, const Path& path, const LoadContext& context) {
  model::MountSpec mount{.source = text(node, "source"),
                         .target = text(node, "target"),
                         .read_only = flag(node, "read_only"),
                         .propagation = {},
                         .recursive = {},
                         .selinux = {},
                         .volume_labels = {},
                         .subpath = {},
                         .tmpfs_size = {},
                         .tmpfs_mode = {},
                         .tmpfs_options = {}};
  const std::string_view type = node.text_of("type");
  if (type == "bind")
    mount.type = MountType::Bind;
  else if (type == "tmpfs")
    mount.type = MountType::Tmpfs;
  else if (type == "image")
    mount.type = MountType::Image;
  if (const Tree* bind = node.find_value("bind")) {
    mount.create_host_path = choice(*bind, "create_host_path").value_or(true);
    mount.propagation = text(*bind, "propagation");
    mount.recursive = text(*bind, "recursive");
    mount.selinux = text(*bind, "selinux");
  }
  if (const Tree* volume = node.find_value("volume")) {
    mount.no_copy = flag(*volume, "nocopy");
    mount.subpath = text(*volume, "subpath");
    mount.volume_labels = text_map(*volume, "labels");
  }
  if (const Tree* image = node.find_value("image")) mount.subpath = text(*image, "subpath");
  if (const Tree* tmpfs = node.find_value("tmpfs")) {
    mount.tmpfs_size = byte_size(*tmpfs, "size");
    if (const auto mode = integer(*tmpfs, "mode")) mount.tmpfs_mode = static_cast<std::uint32_t>(*mode);
  }
  for (const std::string_view key : {"bind", "volume", "tmpfs", "image"}) {
    const Tree* options = node.find(key);
    if (options == nullptr || key == type || options->entries.empty()) continue;
    context.warning(path, options->span, fmt::format("{} options have no effect on a {} mount", key, type));
  }
  return mount;
}

}  // namespace

void decode_mounts(const Tree& node, const Path& path, const LoadContext& context, model::Service& service) {
  if (const Tree* volumes = node.find("volumes")) {
    const Path list = path.child("volumes");
    for (std::size_t i = 0; i < volumes->items.size(); ++i) {
      const std::string_view type = volumes->items[i].text_of("type");
      if (type == "npipe" || type == "cluster") {  // no engine of ours has them: up refuses by name
        service.set_attributes.emplace_back(fmt::format("volumes.{}", type), volumes->items[i].span);
        continue;
      }
      service.mounts.push_back(decode_mount(volumes->items[i], list.item(i), context));
    }
  }
  if (const Tree* tmpfs = node.find("tmpfs")) {
    for (const Tree& item : tmpfs->items) {
      const auto [target, options] = base::split_once(item.text, ':');
      model::MountSpec mount;
      mount.type = MountType::Tmpfs;
      mount.target = target;
      mount.tmpfs_options = options;
      service.mounts.push_back(std::move(mount));
    }
  }
  service.volumes_from = text_list(node, "volumes_from");
}

}  // namespace compose::load
