// SPDX-License-Identifier: Apache-2.0
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "runtime/image/byte_pipe.h"
#include "runtime/image/digest_chunks.h"
#include "runtime/image/image_transfer.h"
#include "runtime/image/layer_install.h"
#include "runtime/registry/registry_client.h"

namespace runtime::image {
namespace {

constexpr std::size_t kParallelLayers = 4;
constexpr int kDeepestIndex = 3;

/// One image's manifest, and the client that has it.
struct Found {
  registry::RegistryClient* client;
  registry::ManifestDocument named;  ///< What the reference names: a manifest or an index.
  registry::ManifestDocument document;
  registry::Manifest manifest;
};

bool is_foreign(std::string_view media_type) {
  return media_type.find("nondistributable") != std::string_view::npos ||
         media_type.find("foreign") != std::string_view::npos;
}

class Pull {
 public:
  Pull(ImageStore& store, model::ImageReference reference, const ProgressSink& progress)
      : store_(store), reference_(std::move(reference)), progress_(progress) {}

  base::Result<PulledImage> run(const std::vector<std::unique_ptr<registry::RegistryClient>>& clients,
                                const std::string& platform) {
    const registry::Platform wanted =
        TRY(registry::parse_platform(platform.empty() ? host_platform() : platform));
    found_.emplace(TRY(find(clients, wanted)));
    const std::string& kind = found_->manifest.config.media_type;
    if (kind != registry::media_type::kOciConfig && kind != registry::media_type::kDockerConfig) {
      return base::fail(base::ErrorClass::Unsupported,
                        fmt::format("{} is no container image: its configuration is of the type \"{}\"",
                                    reference_.familiar_text(), kind.substr(0, 100)));
    }
    const std::string config_json =
        TRY_WHILE(found_->client->read_blob(reference_.repository, found_->manifest.config, kLargestConfig),
                  "fetching the image configuration");
    const ParsedImageConfig config = TRY(parse_image_config(config_json));
    TRY(check(config, wanted, platform.empty()));
    PulledImage out{found_->manifest.config.digest.text(), found_->named.digest, false};
    out.was_known = store_.find_id(out.id).has_value();
    Arrival arrival(store_);
    std::vector<std::string> snapshots;
    for (const LayerRecord& layer :
         TRY(install_layers(store_, arrival, make_jobs(config), kParallelLayers))) {
      snapshots.push_back(layer.snapshot);
    }
    std::vector<model::ImageReference> names;
    if (!reference_.tag.empty()) {
      names.push_back(reference_);
      names.front().digest.reset();
    }
    out.id = TRY(store_.add_image(config_json, snapshots, names));
    model::ImageReference digested = reference_;
    digested.tag.clear();
    digested.digest = found_->named.digest;
    TRY(store_.add_repo_digest(out.id, digested));
    TRY(store_.record_manifest(out.id, found_->document.media_type, found_->document.json));
    return out;
  }

 private:
  base::Result<Found> find(const std::vector<std::unique_ptr<registry::RegistryClient>>& clients,
                           const registry::Platform& wanted) {
    base::Error error;
    for (const auto& client : clients) {
      auto found = find_at(*client, wanted);
      if (found) return found;
      error = std::move(found).error();
      if (error.error_class == base::ErrorClass::Cancelled) break;
    }
    return base::fail(std::move(error).while_doing(fmt::format("pulling {}", reference_.familiar_text())));
  }

  base::Result<Found> find_at(registry::RegistryClient& client, const registry::Platform& wanted) {
    const std::string name = reference_.digest ? reference_.digest->text() : reference_.tag;
    const registry::ManifestDocument named = TRY(client.fetch_manifest(reference_.repository, name));
    Found out{&client, named, named, {}};
    for (int depth = 0; registry::is_index_type(out.document.media_type); ++depth) {
      if (depth == kDeepestIndex)
        return base::fail(base::ErrorClass::Invalid, "the registry nests indexes too deeply");
      const registry::Index index = TRY(registry::parse_index(out.document.json, out.document.media_type));
      const registry::Descriptor chosen = TRY(registry::choose_platform(index, wanted));
      out.document = TRY(client.fetch_manifest(reference_.repository, chosen.digest.text()));
      if (out.document.media_type != chosen.media_type) {
        return base::fail(base::ErrorClass::Invalid,
                          fmt::format("the index calls {} {}, it was sent as {}", chosen.digest.text(),
                                      chosen.media_type.substr(0, 100), out.document.media_type));
      }
    }
    out.manifest = TRY(registry::parse_manifest(out.document.json, out.document.media_type));
    return out;
  }

  base::Result<> check(const ParsedImageConfig& config, const registry::Platform& wanted,
                       bool any_platform) const {
    const auto& layers = found_->manifest.layers;
    if (config.diff_ids.size() != layers.size()) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("the manifest has {} layers, the configuration speaks of {}",
                                    layers.size(), config.diff_ids.size()));
    }
    for (const registry::Descriptor& layer : layers) {
      if (is_foreign(layer.media_type)) {
        return base::fail(base::ErrorClass::Unsupported,
                          fmt::format("layer {} may not be distributed by registries ({})",
                                      layer.digest.text(), layer.media_type));
      }
    }
    // Without an index nobody chose: an explicit wish must still be met.
    const bool fits = config.config.os == wanted.os && config.config.architecture == wanted.architecture;
    if (any_platform || fits) return {};
    return base::fail(base::ErrorClass::NotFound,
                      fmt::format("{} is for {}, not for {}", reference_.familiar_text(),
                                  config.config.platform(), registry::to_text(wanted)));
  }

  std::vector<LayerJob> make_jobs(const ParsedImageConfig& config) {
    std::vector<LayerJob> jobs;
    for (std::size_t i = 0; i < config.diff_ids.size(); ++i) {
      const registry::Descriptor& blob = found_->manifest.layers[i];
      const model::Digest diff_id = config.diff_ids[i];
      jobs.push_back({diff_id, [this, &blob, diff_id] { return fetch(blob, diff_id); },
                      [this, &blob] { tell(blob, Progress::State::Exists, blob.size); }});
    }
    return jobs;
  }

  /// Receiving (and digesting what is received) is one thread, the unpacker's pipeline the others.
  base::Result<FetchedLayer> fetch(const registry::Descriptor& blob, const model::Digest& diff_id) {
    if (store_.content().contains(blob.digest)) {
      // Left by a pull that broke off. A damaged one is fetched again.
      auto unpacked = unpack_stored(blob, diff_id);
      if (unpacked) return FetchedLayer{*std::move(unpacked), {blob.digest, blob.media_type, blob.size}};
      TRY(store_.content().remove(blob.digest));
    }
    Ingest ingest = TRY(store_.content().ingest(Digesting::BySource));
    BytePipe pipe(1);
    base::Result<> received;
    base::Result<UnpackedLayer> unpacked = base::fail(base::ErrorClass::Internal, "not unpacked");
    {
      const std::jthread receiving([&] {
        received = receive(blob, ingest, pipe);
        pipe.finish(received);
      });
      PipeReader reader(pipe, 0);
      unpacked = unpack_layer(store_.snapshots(), reader, diff_id, nullptr);
    }
    // The unpacker that stops first makes the receiver end as Cancelled, so its own reason counts.
    if (!unpacked)
      return base::fail(
          std::move(unpacked).error().while_doing(fmt::format("pulling layer {}", blob.digest.text())));
    const auto stored = ingest.commit(blob.digest);
    if (!stored) {
      static_cast<void>(store_.snapshots().remove(unpacked->snapshot));
      return base::fail(stored.error());
    }
    tell(blob, Progress::State::Done, blob.size);
    return FetchedLayer{*std::move(unpacked), {blob.digest, blob.media_type, blob.size}};
  }

  base::Result<UnpackedLayer> unpack_stored(const registry::Descriptor& blob, const model::Digest& diff_id) {
    const sys::UniqueFd fd = TRY(store_.content().open(blob.digest));
    FdChunks chunks(fd.value());
    VerifiedChunks verified(chunks, blob.digest, blob.size);
    return unpack_layer(store_.snapshots(), verified, diff_id, nullptr);
  }

  base::Result<> receive(const registry::Descriptor& blob, Ingest& ingest, BytePipe& pipe) {
    std::int64_t count = 0;
    return found_->client->fetch_blob(reference_.repository, blob,
                                      [&](std::string_view data) -> base::Result<> {
                                        TRY(ingest.write(data));
                                        TRY(pipe.write(data));
                                        count += std::ssize(data);
                                        tell(blob, Progress::State::Downloading, count);
                                        return {};
                                      });
  }

  void tell(const registry::Descriptor& blob, Progress::State state, std::int64_t current) {
    if (!progress_) return;
    const std::lock_guard lock(progress_mutex_);
    progress_({state, blob.digest.short_hex(), current, blob.size});
  }

  ImageStore& store_;
  model::ImageReference reference_;
  const ProgressSink& progress_;
  std::mutex progress_mutex_;
  std::optional<Found> found_;
};

}  // namespace

base::Result<PulledImage> pull_image(ImageStore& store, const std::string& reference,
                                     const std::string& platform, const registry::RegistryOptions& options,
                                     const ProgressSink& progress, const base::Cancellation& cancellation) {
  const model::ImageReference parsed = TRY(model::ImageReference::parse(reference));
  const auto clients = TRY(registry::connect_for_pull(parsed, options, cancellation));
  return Pull(store, parsed, progress).run(clients, platform);
}

}  // namespace runtime::image
