// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "runtime/engine/container_store.h"
#include "runtime/engine/roots.h"
#include "runtime/image/image_store.h"
#include "runtime/network/installation.h"
#include "runtime/network/network_store.h"
#include "runtime/snapshot/snapshot_store.h"
#include "runtime/volume/volume_store.h"
#include "sys/database.h"

namespace runtime::engine {

/// What one installation keeps, opened together over one database. Members are safe to use from several
/// threads and processes.
struct Stores {
  Roots roots;
  std::unique_ptr<sys::Database> database;
  std::unique_ptr<snapshot::SnapshotStore> snapshots;
  std::unique_ptr<image::ImageStore> images;
  std::unique_ptr<network::NetworkStore> networks;
  std::unique_ptr<volume::VolumeStore> volumes;
  std::unique_ptr<ContainerStore> containers;

  network::Installation installation() const;
};

/// Makes both roots (0711) when missing and opens what is in them. Permission: the roots cannot be made.
base::Result<std::unique_ptr<Stores>> open_stores(const Roots& roots);

}  // namespace runtime::engine
