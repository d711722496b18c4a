// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_volumes.h"

#include "runtime/engine/container_events.h"

namespace runtime::engine {

base::Result<std::vector<model::ObservedVolume>> BundledVolumes::list(
    const engine_client::ResourceFilter& filter) {
  auto volumes = TRY(stores_.volumes->list());
  std::erase_if(volumes, [&](const auto& volume) { return !has_labels(volume.labels, filter.labels); });
  return volumes;
}

base::Result<model::ObservedVolume> BundledVolumes::inspect(const std::string& volume) {
  return stores_.volumes->inspect(volume);
}

base::Result<> BundledVolumes::create(const model::VolumeSpec& spec) { return stores_.volumes->create(spec); }

base::Result<> BundledVolumes::remove(const std::string& volume) { return stores_.volumes->remove(volume); }

}  // namespace runtime::engine
