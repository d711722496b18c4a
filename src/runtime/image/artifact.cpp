// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/artifact.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

#include <fmt/format.h>

#include "runtime/image/layer_blob.h"
#include "runtime/image/layer_fetch.h"
#include "sys/file.h"
#include "sys/sha256.h"

namespace runtime::image {
namespace {

constexpr std::size_t kParallelLayers = 4;

/// Calls `work` for 0..count-1 from a few threads; the first failure keeps the rest from being begun.
base::Result<> in_parallel(std::size_t count, const std::function<base::Result<>(std::size_t)>& work) {
  std::vector<base::Result<>> done(count);
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  const auto take_turns = [&] {
    for (std::size_t i = next++; i < count && !failed; i = next++) {
      done[i] = work(i);
      if (!done[i]) failed = true;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(kParallelLayers, count); ++i) threads.emplace_back(take_turns);
    take_turns();
  }
  for (auto& one : done) TRY(std::move(one));
  return {};
}

base::Result<> push_layer(ImageStore& store, Repository& repository, const LayerRecord& layer) {
  if (TRY(repository.has_blob(*layer.blob, layer.blob_size))) return {};
  return repository.push_blob(
      {*layer.blob, layer.blob_size, [&]() -> base::Result<registry::BlobSource::Reader> {
         auto fd = std::make_shared<sys::UniqueFd>(TRY(store.content().open(*layer.blob)));
         return registry::BlobSource::Reader([fd](char* room, std::size_t size) {
           return sys::read_some(fd->value(), std::span(room, size));
         });
       }});
}

base::Result<> push_text(Repository& repository, const model::Digest& digest, std::string_view text) {
  if (TRY(repository.has_blob(digest, std::ssize(text)))) return {};
  return repository.push_blob(
      {digest, std::ssize(text), [&]() -> base::Result<registry::BlobSource::Reader> {
         return registry::BlobSource::Reader(
             [rest = text](char* room, std::size_t size) mutable -> base::Result<std::size_t> {
               const std::size_t count = rest.copy(room, size);
               rest.remove_prefix(count);
               return count;
             });
       }});
}

}  // namespace

base::Result<Artifact> fetch_artifact(Repository& repository, const std::string& name, std::size_t limit) {
  const registry::Platform host = TRY(registry::parse_platform(host_platform()));
  FoundManifest found = TRY(find_manifest(repository, name, host));
  Artifact out;
  out.config_json = TRY(repository.read_blob(found.manifest.config, limit));
  out.config_type = std::move(found.manifest.config.media_type);
  out.annotations = std::move(found.manifest.annotations);
  out.layers = std::move(found.manifest.layers);
  return out;
}

base::Result<std::string> take_image(ImageStore& store, Repository& repository, const std::string& name,
                                     const base::Cancellation& cancellation) {
  const Artifact artifact = TRY(fetch_artifact(repository, name, kLargestConfig));
  const ParsedImageConfig config = TRY(parse_image_config(artifact.config_json));
  if (config.diff_ids.size() != artifact.layers.size()) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("the manifest has {} layers, the configuration speaks of {}",
                                  artifact.layers.size(), config.diff_ids.size()));
  }
  std::vector<LayerJob> jobs;
  for (std::size_t i = 0; i < config.diff_ids.size(); ++i) {
    jobs.push_back(
        {config.diff_ids[i],
         [&, i] { return fetch_layer(store, repository, artifact.layers[i], config.diff_ids[i], {}); },
         {}});
  }
  Arrival arrival(store);
  std::vector<std::string> snapshots;
  for (const LayerRecord& layer : TRY(install_layers(store, arrival, jobs, kParallelLayers, cancellation)))
    snapshots.push_back(layer.snapshot);
  return store.add_image(artifact.config_json, snapshots, {});
}

base::Result<std::vector<LayerRecord>> make_blobs(ImageStore& store,
                                                  const std::vector<std::string>& snapshots,
                                                  const base::Cancellation& cancellation) {
  std::vector<LayerRecord> out(snapshots.size());
  TRY(in_parallel(snapshots.size(), [&](std::size_t i) -> base::Result<> {
    out[i] = TRY(with_blob(store, TRY(store.layer(snapshots[i])), cancellation));
    return {};
  }));
  return out;
}

base::Result<> push_artifact(ImageStore& store, Repository& repository, const std::string& name,
                             const std::string& config_type, const std::string& config_json,
                             const std::vector<LayerRecord>& layers) {
  std::map<model::Digest, const LayerRecord*> different;
  for (const LayerRecord& layer : layers) different[*layer.blob] = &layer;
  std::vector<const LayerRecord*> once;
  for (const auto& [digest, layer] : different) once.push_back(layer);
  TRY(in_parallel(once.size(), [&](std::size_t i) { return push_layer(store, repository, *once[i]); }));
  const auto config_digest = model::Digest::from_sha256_hex(sys::sha256_hex(config_json));
  TRY(push_text(repository, config_digest, config_json));
  registry::Manifest manifest;
  manifest.media_type = registry::media_type::kOciManifest;
  manifest.config = {config_type, config_digest, std::ssize(config_json), {}, {}};
  for (const LayerRecord& layer : layers) {
    manifest.layers.push_back({layer.media_type, *layer.blob, layer.blob_size, {}, {}});
  }
  std::string json = registry::encode_manifest(manifest);
  const auto digest = model::Digest::from_sha256_hex(sys::sha256_hex(json));
  return repository.push_manifest(name, {manifest.media_type, std::move(json), digest});
}

}  // namespace runtime::image
