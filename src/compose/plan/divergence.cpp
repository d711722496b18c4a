// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/divergence.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/labels.h"

namespace compose::plan {
namespace {

/// An engine that only fills in IDs when a container starts leaves them empty before; then the name counts.
bool attached_to(const model::ObservedContainer& container, const std::string& name, const std::string& id) {
  return std::any_of(container.endpoints.begin(), container.endpoints.end(), [&](const auto& endpoint) {
    return endpoint.network_id.empty() ? endpoint.network == name : endpoint.network_id == id;
  });
}

bool mounts_volume(const model::ObservedContainer& container, const std::string& volume) {
  return std::any_of(container.mounts.begin(), container.mounts.end(), [&](const auto& mount) {
    return mount.type == model::MountType::Volume && mount.name == volume;
  });
}

}  // namespace

std::optional<std::string> divergence(const Expectation& expected,
                                      const model::ObservedContainer& container) {
  if (!expected.recreated_donor.empty()) {
    return fmt::format("service {}, which it shares a namespace or volumes with, is recreated",
                       expected.recreated_donor);
  }
  if (container.label(model::labels::kConfigHash) != expected.config_hash) return "configuration changed";
  if (expected.image_pending) return "image is made anew";
  const std::string image = container.label(model::labels::kImage);
  if (!expected.image_id.empty() && (image.empty() ? container.image_id : image) != expected.image_id) {
    return "image changed";
  }
  for (const auto& [name, id] : expected.networks) {
    if (id.empty()) return fmt::format("network {} is created", name);
    if (!attached_to(container, name, id)) return fmt::format("not attached to network {}", name);
  }
  for (const std::string& volume : expected.volumes) {
    if (!mounts_volume(container, volume)) return fmt::format("volume {} is not mounted", volume);
  }
  if (expected.mounted_image_pending) return "a mounted image is made anew";
  for (const model::ObservedMount& mount : container.mounts) {
    const auto found = expected.mounted_images.find(mount.target);
    if (found == expected.mounted_images.end() || mount.image_id.empty()) continue;
    if (mount.image_id != found->second) return fmt::format("the image mounted on {} changed", mount.target);
  }
  return std::nullopt;
}

}  // namespace compose::plan
