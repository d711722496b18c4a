// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/image/config_changes.h"
#include "runtime/image/image_archive.h"
#include "runtime/image/layer_install.h"
#include "runtime/image/layer_pipeline.h"

namespace runtime::image {

base::Result<std::string> import_root(ImageStore& store, int tar, const ImportRequest& request) {
  ImageConfig config;
  std::vector<model::ImageReference> names;
  if (!request.reference.empty()) names.push_back(TRY(model::ImageReference::parse(request.reference)));
  const std::vector<std::string> platform =
      base::split(request.platform.empty() ? host_platform() : request.platform, '/');
  if (platform.size() < 2 || platform.size() > 3) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("\"{}\" is no platform: os/architecture", request.platform));
  }
  config.os = platform[0];
  config.architecture = platform[1];
  if (platform.size() == 3) config.variant = platform[2];
  for (const std::string& change : request.changes) {
    TRY_WHILE(apply_change(config, change), fmt::format("applying \"{}\"", change));
  }
  config.created = std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  HistoryEntry entry;
  entry.created = config.created;
  entry.created_by = "import";
  entry.comment = request.message;
  config.history.push_back(std::move(entry));

  FdChunks input(tar);
  UnpackedLayer unpacked = TRY_WHILE(unpack_layer(store.snapshots(), input, std::nullopt, &store.content()),
                                     "importing a root file system");
  if (unpacked.stats.entries == 0) {
    static_cast<void>(store.snapshots().remove(unpacked.snapshot));
    return base::fail(base::make_error(base::ErrorClass::Invalid, "the tar to import holds nothing")
                          .with_hint("is it a tar of a root file system?"));
  }
  const model::Digest diff_id = unpacked.diff_id;
  const std::string snapshot = unpacked.snapshot;
  Arrival arrival(store);
  bool used = false;
  const LayerJob job{diff_id,
                     [&]() -> base::Result<FetchedLayer> {
                       used = true;
                       return FetchedLayer{std::move(unpacked), {}};
                     },
                     {}};
  const auto layers = TRY(install_layers(store, arrival, {job}, 1, {}));
  // The same tar was imported before: its layer serves.
  if (!used) TRY(store.snapshots().remove(snapshot));
  return store.add_image(encode_image_config(config, {diff_id}), {layers.front().snapshot}, names);
}

}  // namespace runtime::image
