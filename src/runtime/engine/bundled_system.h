// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine_client/system.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// engine_client::System: version, recovery, disk use and the check of the store.
class BundledSystem final : public engine_client::System {
 public:
  explicit BundledSystem(Stores& stores) : stores_(stores) {}
  base::Result<engine_client::EngineVersion> version() override;
  base::Result<engine_client::Recovery> recover(const base::Watcher& watcher) override;
  base::Result<engine_client::DiskUse> disk_use() override;
  base::Result<engine_client::StoreCheck> check(const engine_client::CheckOptions& options) override;

 private:
  Stores& stores_;
};

}  // namespace runtime::engine
