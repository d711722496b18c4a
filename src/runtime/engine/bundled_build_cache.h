// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine_client/build_cache.h"
#include "runtime/build/step_runner.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {

/// engine_client::BuildCache over the builder's cache.
class BundledBuildCache final : public engine_client::BuildCache {
 public:
  BundledBuildCache(Stores& stores, build::StepRunner& runner) : stores_(stores), runner_(runner) {}
  base::Result<std::vector<engine_client::BuildCacheRecord>> list() override;
  base::Result<engine_client::Pruned> prune(const engine_client::BuildCachePruneOptions& options,
                                            const base::Cancellation& cancellation) override;

 private:
  Stores& stores_;
  build::StepRunner& runner_;
};

}  // namespace runtime::engine
