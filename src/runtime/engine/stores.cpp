// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/stores.h"

#include "sys/file.h"

namespace runtime::engine {
namespace {

constexpr std::uint32_t kRootFolder = 0711;  // containers' users pass through, nobody lists
constexpr std::uint32_t kPrivateFolder = 0700;

base::Result<> make_roots(const Roots& roots) {
  TRY(sys::make_directories(roots.data, kRootFolder));
  TRY(sys::make_directories(roots.run, kRootFolder));
  TRY(sys::make_directories(roots.run + "/locks", kPrivateFolder));
  return sys::make_directories(roots.run + "/status", kPrivateFolder);
}

}  // namespace

network::Installation Stores::installation() const {
  return {.name = roots.installation_name(), .run_root = roots.run};
}

base::Result<std::unique_ptr<Stores>> open_stores(const Roots& roots) {
  TRY_WHILE(make_roots(roots), "making the engine's folders");
  auto stores = std::make_unique<Stores>();
  stores->roots = roots;
  stores->database = TRY(sys::Database::open(roots.database()));
  sys::Database& database = *stores->database;
  stores->snapshots = TRY(snapshot::SnapshotStore::open(database, roots.data));
  stores->images = TRY(image::ImageStore::open(database, *stores->snapshots, roots.data));
  stores->networks = TRY(network::NetworkStore::open(database));
  stores->volumes = TRY(volume::VolumeStore::open(database, roots.data));
  stores->containers = std::make_unique<ContainerStore>(TRY(ContainerStore::open(database)));
  return stores;
}

}  // namespace runtime::engine
