// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "runtime/image/image_transfer.h"
#include "runtime/image/layer_blob.h"
#include "runtime/registry/registry_client.h"
#include "sys/file.h"
#include "sys/sha256.h"

namespace runtime::image {
namespace {

constexpr std::size_t kParallelLayers = 4;
constexpr std::size_t kMostMountSources = 3;

class Push {
 public:
  Push(ImageStore& store, const model::ImageReference& reference, registry::RegistryClient& client,
       const ProgressSink& progress, const base::Cancellation& cancellation)
      : store_(store),
        reference_(reference),
        client_(client),
        progress_(progress),
        cancellation_(cancellation) {}

  base::Result<model::Digest> run() {
    const Image image = TRY(store_.find_whole(reference_.familiar_text()));
    const std::vector<LayerRecord> layers = TRY(push_layers(TRY(store_.layers(image.id))));
    const std::string config = TRY(config_with_layers(image, layers));
    const model::Digest config_digest = model::Digest::from_sha256_hex(sys::sha256_hex(config));
    TRY_WHILE(push_text(config_digest, config), "pushing the image configuration");
    const registry::ManifestDocument document = TRY(make_manifest(image, config, config_digest, layers));
    const model::Digest named = TRY(push_documents(image, document));
    model::ImageReference digested = reference_;
    digested.tag.clear();
    digested.digest = named;
    TRY(store_.add_repo_digest(image.id, digested));
    return named;
  }

 private:
  /// The manifest, beneath an index when something is attested of the image; what the tag leads to then.
  base::Result<model::Digest> push_documents(const Image& image, const registry::ManifestDocument& document) {
    const std::vector<Attestation> attestations = TRY(store_.attestations(image.id));
    if (attestations.empty()) {
      TRY(push_manifest(reference_.tag, document));
      return document.digest;
    }
    const AttestedImage attested = TRY(attest_image(document, image.config, {reference_}, attestations));
    for (const AttestedImage::Blob& blob : attested.blobs)
      TRY_WHILE(push_text(blob.digest, blob.content), "pushing what is attested of the image");
    TRY(push_manifest(document.digest.text(), document));
    TRY(push_manifest(attested.manifest.digest.text(), attested.manifest));
    TRY(push_manifest(reference_.tag, attested.index));
    return attested.index.digest;
  }

  base::Result<> push_manifest(const std::string& name, const registry::ManifestDocument& document) {
    TRY_WHILE(client_.push_manifest(reference_.repository, name, document), "pushing the manifest");
    return {};
  }

  base::Result<std::vector<LayerRecord>> push_layers(std::vector<LayerRecord> layers) {
    std::vector<base::Result<LayerRecord>> done;
    for (const LayerRecord& layer : layers) done.emplace_back(layer);
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    const auto take_turns = [&] {
      for (std::size_t i = next++; i < layers.size() && !failed; i = next++) {
        done[i] = push_layer(layers[i]);
        if (!done[i]) failed = true;
      }
    };
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 1; i < std::min(kParallelLayers, layers.size()); ++i)
        threads.emplace_back(take_turns);
      take_turns();
    }
    std::vector<LayerRecord> out;
    for (auto& layer : done) out.push_back(TRY(std::move(layer)));
    return out;
  }

  base::Result<LayerRecord> push_layer(const LayerRecord& known) {
    const LayerRecord layer = TRY(with_blob(store_, known, cancellation_));
    if (TRY(client_.has_blob(reference_.repository, *layer.blob))) {
      tell(layer, Progress::State::Exists, layer.blob_size);
      return layer;
    }
    if (const auto from = TRY(mount(layer))) {
      tell(layer, Progress::State::Mounted, layer.blob_size, *from);
      return layer;
    }
    std::int64_t sent = 0;
    registry::BlobSource source{
        *layer.blob, layer.blob_size, [&, this]() -> base::Result<registry::BlobSource::Reader> {
          auto fd = std::make_shared<sys::UniqueFd>(TRY(store_.content().open(*layer.blob)));
          sent = 0;
          return registry::BlobSource::Reader(
              [&, this, fd](char* room, std::size_t size) -> base::Result<std::size_t> {
                const std::size_t count = TRY(sys::read_some(fd->value(), std::span(room, size)));
                sent += static_cast<std::int64_t>(count);
                tell(layer, Progress::State::Uploading, sent);
                return count;
              });
        }};
    TRY_WHILE(client_.push_blob(reference_.repository, source),
              fmt::format("pushing layer {}", layer.blob->text()));
    tell(layer, Progress::State::Done, layer.blob_size);
    return layer;
  }

  /// Another repository of the same registry may have the bytes: which one.
  base::Result<std::optional<std::string>> mount(const LayerRecord& layer) {
    auto repositories = TRY(store_.repositories_with(layer.snapshot, reference_.registry));
    std::erase(repositories, reference_.repository);
    repositories.resize(std::min(repositories.size(), kMostMountSources));
    for (const std::string& from : repositories) {
      if (TRY(client_.mount_blob(reference_.repository, *layer.blob, from))) return std::optional(from);
    }
    return std::optional<std::string>();
  }

  base::Result<> push_text(const model::Digest& digest, const std::string& text) {
    if (TRY(client_.has_blob(reference_.repository, digest))) return {};
    const registry::BlobSource source{
        digest, std::ssize(text), [&]() -> base::Result<registry::BlobSource::Reader> {
          return registry::BlobSource::Reader(
              [rest = std::string_view(text)](char* room,
                                              std::size_t size) mutable -> base::Result<std::size_t> {
                const std::size_t count = std::min(size, rest.size());
                std::copy_n(rest.data(), count, room);
                rest.remove_prefix(count);
                return count;
              });
        }};
    return client_.push_blob(reference_.repository, source);
  }

  /// The manifest the image came with, as long as it still tells the truth; else one made now.
  base::Result<registry::ManifestDocument> make_manifest(const Image& image, const std::string& config,
                                                         const model::Digest& config_digest,
                                                         const std::vector<LayerRecord>& layers) {
    if (const auto stored = TRY(store_.manifest(image.id))) {
      const auto parsed = registry::parse_manifest(stored->json, stored->media_type);
      const bool same = parsed && parsed->config.digest == config_digest &&
                        parsed->layers.size() == layers.size() &&
                        std::equal(layers.begin(), layers.end(), parsed->layers.begin(),
                                   [](const LayerRecord& layer, const registry::Descriptor& blob) {
                                     return layer.blob == blob.digest;
                                   });
      if (same) {
        return registry::ManifestDocument{stored->media_type, stored->json,
                                          model::Digest::from_sha256_hex(sys::sha256_hex(stored->json))};
      }
    }
    registry::Manifest manifest;
    manifest.media_type = registry::media_type::kOciManifest;
    manifest.config = {
        std::string(registry::media_type::kOciConfig), config_digest, std::ssize(config), {}, {}};
    for (const LayerRecord& layer : layers) {
      manifest.layers.push_back({oci_layer_type(layer.media_type), *layer.blob, layer.blob_size, {}, {}});
    }
    manifest.annotations = TRY(store_.annotations(image.id));
    std::string json = registry::encode_manifest(manifest);
    const model::Digest digest = model::Digest::from_sha256_hex(sys::sha256_hex(json));
    return registry::ManifestDocument{manifest.media_type, std::move(json), digest};
  }

  static std::string oci_layer_type(const std::string& media_type) {
    if (media_type == registry::media_type::kDockerLayerGzip)
      return std::string(registry::media_type::kOciLayerGzip);
    if (media_type == registry::media_type::kDockerLayer) return std::string(registry::media_type::kOciLayer);
    return media_type;
  }

  void tell(const LayerRecord& layer, Progress::State state, std::int64_t current, std::string from = {}) {
    if (!progress_) return;
    const std::lock_guard lock(progress_mutex_);
    progress_({state, layer.blob->short_hex(), current, layer.blob_size, std::move(from)});
  }

  ImageStore& store_;
  const model::ImageReference& reference_;
  registry::RegistryClient& client_;
  const ProgressSink& progress_;
  const base::Cancellation& cancellation_;
  std::mutex progress_mutex_;
};

}  // namespace

base::Result<model::Digest> push_image(ImageStore& store, const std::string& reference,
                                       const registry::RegistryOptions& options, const ProgressSink& progress,
                                       const base::Cancellation& cancellation) {
  const model::ImageReference parsed = TRY(model::ImageReference::parse(reference));
  if (parsed.digest)
    return base::fail(base::ErrorClass::Invalid, "an image is pushed by a name, not by a digest");
  // Found before anybody is asked for credentials.
  TRY(store.find_id(parsed.familiar_text()));
  const std::string doing = fmt::format("pushing image {}", reference);
  auto credentials = TRY_WHILE(registry::credential_store(options).find(parsed.registry), doing);
  const auto client = TRY_WHILE(
      registry::RegistryClient::connect(parsed.registry, options, std::move(credentials), cancellation),
      doing);
  return TRY_WHILE(Push(store, parsed, *client, progress, cancellation).run(), doing);
}

}  // namespace runtime::image
