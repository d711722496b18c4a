// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine_client/volumes.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// engine_client::Volumes over the volume store.
class BundledVolumes final : public engine_client::Volumes {
 public:
  explicit BundledVolumes(Stores& stores) : stores_(stores) {}
  base::Result<std::vector<model::ObservedVolume>> list(const engine_client::ResourceFilter& filter) override;
  base::Result<model::ObservedVolume> inspect(const std::string& volume) override;
  base::Result<> create(const model::VolumeSpec& spec) override;
  base::Result<> remove(const std::string& volume) override;

 private:
  Stores& stores_;
};

}  // namespace runtime::engine
