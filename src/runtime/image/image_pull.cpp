// SPDX-License-Identifier: Apache-2.0
#include <mutex>

#include <fmt/format.h>

#include "runtime/image/image_transfer.h"
#include "runtime/image/layer_fetch.h"
#include "runtime/image/repository.h"

namespace runtime::image {
namespace {

constexpr std::size_t kParallelLayers = 4;

bool is_foreign(std::string_view media_type) {
  return media_type.find("nondistributable") != std::string_view::npos ||
         media_type.find("foreign") != std::string_view::npos;
}

/// What a layer is compressed with is seen in its first bytes; what it is encrypted with is not.
bool is_layer(std::string_view media_type) {
  const bool tar = media_type.starts_with(registry::media_type::kOciLayer) ||
                   media_type.starts_with(registry::media_type::kDockerLayer);
  return tar && media_type.find("encrypted") == std::string_view::npos;
}

/// Whether another place may have what this one failed to give.
bool may_be_elsewhere(const base::Error& error) {
  return error.error_class != base::ErrorClass::Cancelled && error.error_class != base::ErrorClass::Io &&
         error.error_class != base::ErrorClass::Internal;
}

class Pull {
 public:
  Pull(ImageStore& store, model::ImageReference reference, const ProgressSink& progress,
       const base::Cancellation& cancellation)
      : store_(store), reference_(std::move(reference)), progress_(progress), cancellation_(cancellation) {}

  base::Result<PulledImage> run(const std::vector<std::unique_ptr<Repository>>& repositories,
                                const std::string& platform) {
    const registry::Platform wanted =
        TRY(registry::parse_platform(platform.empty() ? host_platform() : platform));
    base::Error error;
    for (const auto& repository : repositories) {
      repository_ = repository.get();
      auto pulled = pull_from_here(wanted, platform.empty());
      if (pulled) return pulled;
      error = std::move(pulled).error();
      if (!may_be_elsewhere(error)) break;
    }
    return base::fail(std::move(error));
  }

 private:
  base::Result<PulledImage> pull_from_here(const registry::Platform& wanted, bool any_platform) {
    found_.emplace(TRY(
        find_manifest(*repository_, reference_.digest ? reference_.digest->text() : reference_.tag, wanted)));
    const std::string& kind = found_->manifest.config.media_type;
    if (kind != registry::media_type::kOciConfig && kind != registry::media_type::kDockerConfig) {
      return base::fail(base::ErrorClass::Unsupported,
                        fmt::format("{} is no container image: its configuration is of the type \"{}\"",
                                    reference_.familiar_text(), kind.substr(0, 100)));
    }
    const std::string config_json = TRY_WHILE(repository_->read_blob(found_->manifest.config, kLargestConfig),
                                              "fetching the image configuration");
    const ParsedImageConfig config = TRY(parse_image_config(config_json));
    TRY(check(config, wanted, any_platform));
    PulledImage out{found_->manifest.config.digest.text(), found_->named.digest, false};
    out.was_known = store_.find_id(out.id).has_value();
    Arrival arrival(store_);
    std::vector<std::string> snapshots;
    for (const LayerRecord& layer :
         TRY(install_layers(store_, arrival, make_jobs(config), kParallelLayers, cancellation_))) {
      snapshots.push_back(layer.snapshot);
    }
    std::vector<model::ImageReference> names;
    if (!reference_.tag.empty()) {
      names.push_back(reference_);
      names.front().digest.reset();
    }
    model::ImageReference digested = reference_;
    digested.tag.clear();
    digested.digest = found_->named.digest;
    TRY(store_.database().transaction([&]() -> base::Result<> {
      out.id = TRY(store_.add_image(config_json, snapshots, names));
      TRY(store_.add_repo_digest(out.id, digested));
      return store_.record_manifest(out.id, found_->document.media_type, found_->document.json);
    }));
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
      if (!is_layer(layer.media_type)) {
        return base::fail(base::ErrorClass::Unsupported,
                          fmt::format("layer {} is of the unsupported type \"{}\"", layer.digest.text(),
                                      layer.media_type.substr(0, 100)));
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
      jobs.push_back(
          {diff_id,
           [this, &blob, diff_id] { return fetch_layer(store_, *repository_, blob, diff_id, tell_); },
           [this, &blob] {
             tell_({Progress::State::Exists, blob.digest.short_hex(), blob.size, blob.size});
           }});
    }
    return jobs;
  }

  ImageStore& store_;
  model::ImageReference reference_;
  const ProgressSink& progress_;
  const base::Cancellation& cancellation_;
  std::mutex progress_mutex_;
  const ProgressSink tell_ = [this](const Progress& progress) {
    if (!progress_) return;
    const std::lock_guard lock(progress_mutex_);
    progress_(progress);
  };
  std::optional<FoundManifest> found_;
  Repository* repository_ = nullptr;  ///< Where it is pulled from now.
};

}  // namespace

base::Result<PulledImage> pull_image(ImageStore& store, const std::string& reference,
                                     const std::string& platform, const registry::RegistryOptions& options,
                                     const ProgressSink& progress, const base::Cancellation& cancellation) {
  const model::ImageReference parsed = TRY(model::ImageReference::parse(reference));
  const std::string doing = fmt::format("pulling image {}", reference);
  const auto repositories = TRY_WHILE(open_for_pull(parsed, options, cancellation), doing);
  return TRY_WHILE(Pull(store, parsed, progress, cancellation).run(repositories, platform), doing);
}

}  // namespace runtime::image
