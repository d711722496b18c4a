// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine_client/inside.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// engine_client::Inside over control groups and snapshots.
class BundledInside final : public engine_client::Inside {
 public:
  explicit BundledInside(Stores& stores) : stores_(stores) {}
  base::Result<std::vector<engine_client::ContainerProcess>> processes(const std::string& container) override;
  base::Result<> export_root(const std::string& container, int tar) override;
  base::Result<std::string> commit(const std::string& container,
                                   const engine_client::CommitOptions& options) override;

 private:
  Stores& stores_;
};

}  // namespace runtime::engine
