// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_engine.h"

#include "runtime/engine/bundled_build_cache.h"
#include "runtime/engine/bundled_containers.h"
#include "runtime/engine/bundled_exec.h"
#include "runtime/engine/bundled_images.h"
#include "runtime/engine/bundled_inside.h"
#include "runtime/engine/bundled_networks.h"
#include "runtime/engine/bundled_system.h"
#include "runtime/engine/bundled_volumes.h"
#include "runtime/engine/step_runner.h"
#include "runtime/engine/stores.h"

namespace runtime::engine {
namespace {

class BundledEngine final : public engine_client::Engine {
 public:
  explicit BundledEngine(std::unique_ptr<Stores> stores)
      : stores_(std::move(stores)),
        runner_(*stores_),
        containers_(*stores_),
        images_(*stores_, runner_),
        build_cache_(*stores_, runner_),
        networks_(*stores_),
        volumes_(*stores_),
        exec_(*stores_),
        inside_(*stores_),
        system_(*stores_) {}

  engine_client::Containers& containers() override { return containers_; }
  engine_client::Images& images() override { return images_; }
  engine_client::BuildCache& build_cache() override { return build_cache_; }
  engine_client::Networks& networks() override { return networks_; }
  engine_client::Volumes& volumes() override { return volumes_; }
  engine_client::Exec& exec() override { return exec_; }
  engine_client::Inside& inside() override { return inside_; }
  engine_client::System& system() override { return system_; }

 private:
  std::unique_ptr<Stores> stores_;
  EngineStepRunner runner_;
  BundledContainers containers_;
  BundledImages images_;
  BundledBuildCache build_cache_;
  BundledNetworks networks_;
  BundledVolumes volumes_;
  BundledExec exec_;
  BundledInside inside_;
  BundledSystem system_;
};

}  // namespace

base::Result<std::unique_ptr<engine_client::Engine>> open_bundled_engine(const Roots& roots) {
  return std::make_unique<BundledEngine>(TRY(open_stores(roots)));
}

}  // namespace runtime::engine
