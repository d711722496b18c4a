// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "runtime/image/archive_file.h"
#include "runtime/image/archive_index.h"
#include "runtime/image/digest_chunks.h"
#include "runtime/image/image_archive.h"
#include "runtime/image/layer_install.h"
#include "runtime/registry/manifest.h"
#include "sys/sha256.h"

namespace runtime::image {
namespace {

constexpr int kDeepestIndex = 3;  ///< Indexes inside indexes.
constexpr std::string_view kContainerdName = "io.containerd.image.name";
constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";

/// One image of an archive, as its documents describe it.
struct Candidate {
  std::string config_json;
  std::vector<model::ImageReference> names;
  struct Layer {
    std::string member;
    std::optional<registry::Descriptor> descriptor;  ///< OCI layouts: what the member must be.
  };
  std::vector<Layer> layers;
};

std::string blob_member(const model::Digest& digest) { return fmt::format("blobs/sha256/{}", digest.hex()); }

class Loader {
 public:
  /// `platform` empty: this machine's, or whatever there is where nothing is for this machine.
  Loader(ImageStore& store, const ArchiveFile& archive, const ProgressSink& progress,
         const std::string& platform)
      : store_(store), archive_(archive), progress_(progress), platform_(platform) {}

  base::Result<std::vector<std::string>> run() {
    std::vector<Candidate> candidates;
    if (archive_.contains("manifest.json")) {
      candidates = TRY(read_docker_archive());
    } else if (archive_.contains("index.json")) {
      TRY(read_index(TRY(archive_.read("index.json", registry::kLargestManifest)), {}, 0, candidates));
    } else {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid,
                           "this is no image archive: it has neither manifest.json nor index.json")
              .with_hint("a root file system is imported with 'compose image import'"));
    }
    if (!platform_.empty()) candidates = TRY(of_platform(std::move(candidates)));
    if (candidates.empty()) {
      return base::fail(
          base::ErrorClass::NotFound,
          fmt::format("the archive holds no image for {}", platform_.empty() ? "this machine" : platform_));
    }
    std::vector<std::string> out;
    for (const Candidate& candidate : candidates) TRY(load_image(candidate, out));
    return out;
  }

 private:
  base::Result<std::vector<Candidate>> of_platform(std::vector<Candidate> all) {
    std::vector<Candidate> out;
    for (Candidate& candidate : all) {
      const ParsedImageConfig config = TRY(parse_image_config(candidate.config_json));
      if (TRY(is_platform(config.config.platform(), platform_))) out.push_back(std::move(candidate));
    }
    return out;
  }

  base::Result<std::vector<Candidate>> read_docker_archive() {
    std::vector<Candidate> out;
    const std::string json = TRY(archive_.read("manifest.json", kLargestArchiveIndex));
    for (const ArchivedImage& image : TRY(parse_archive_index(json))) {
      Candidate candidate;
      candidate.config_json = TRY(archive_.read(image.config, kLargestConfig));
      TRY(check_named_digest(image.config, candidate.config_json));
      for (const std::string& tag : image.repo_tags) {
        candidate.names.push_back(TRY_WHILE(model::ImageReference::parse(tag), "reading manifest.json"));
      }
      for (const std::string& layer : image.layers) candidate.layers.push_back({layer, std::nullopt});
      out.push_back(std::move(candidate));
    }
    return out;
  }

  /// A member under blobs/sha256/ must be what its name says.
  static base::Result<> check_named_digest(const std::string& member, const std::string& content) {
    constexpr std::string_view kBlobs = "blobs/sha256/";
    if (!member.starts_with(kBlobs) || member.substr(kBlobs.size()) == sys::sha256_hex(content)) return {};
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("the archive's \"{}\" is not what its name says", member));
  }

  base::Result<std::string> read_blob(const registry::Descriptor& descriptor, std::size_t limit) {
    std::string content = TRY(archive_.read(blob_member(descriptor.digest), limit));
    if (std::ssize(content) != descriptor.size || sys::sha256_hex(content) != descriptor.digest.hex()) {
      return base::fail(
          base::ErrorClass::Invalid,
          fmt::format("the archive's blob {} is not what its digest and size say", descriptor.digest.text()));
    }
    return content;
  }

  static std::vector<model::ImageReference> names_of(const registry::Descriptor& descriptor) {
    for (const std::string_view key : {kContainerdName, kRefName}) {
      const auto found = descriptor.annotations.find(std::string(key));
      if (found == descriptor.annotations.end()) continue;
      // A bare "latest" is a tag of nothing, not the image "latest".
      const bool bare = key == kRefName && found->second.find_first_of("/:") == std::string::npos;
      const auto reference = model::ImageReference::parse(found->second);
      if (reference && !bare && !reference->digest) return {*reference};
    }
    return {};
  }

  /// What may be for `host`: attestations ("unknown") never, other platforms only when there is nothing for
  /// it.
  static std::vector<registry::Descriptor> without_other_platforms(std::vector<registry::Descriptor> all,
                                                                   const registry::Platform& host) {
    std::erase_if(all, [](const registry::Descriptor& one) {
      return one.platform && one.platform->architecture == "unknown";
    });
    const auto is_other = [&](const registry::Descriptor& one) {
      return one.platform && (one.platform->os != host.os || one.platform->architecture != host.architecture);
    };
    if (!std::all_of(all.begin(), all.end(), is_other)) std::erase_if(all, is_other);
    return all;
  }

  base::Result<> read_index(const std::string& json, const std::vector<model::ImageReference>& names,
                            int depth, std::vector<Candidate>& out) {
    if (depth > kDeepestIndex)
      return base::fail(base::ErrorClass::Invalid, "the archive nests indexes too deeply");
    const registry::Index index = TRY(registry::parse_index(json, ""));
    const registry::Platform host =
        TRY(registry::parse_platform(platform_.empty() ? host_platform() : platform_));
    // Below the top an index lists one image for several platforms; at the top it may do so too.
    std::vector<registry::Descriptor> wanted;
    if (depth > 0) {
      wanted = {TRY(registry::choose_platform(index, host))};
    } else {
      wanted = without_other_platforms(index.manifests, host);
    }
    for (const registry::Descriptor& descriptor : wanted) {
      auto own_names = names_of(descriptor);
      if (own_names.empty()) own_names = names;
      // Archives for one platform still list the others.
      if (!archive_.contains(blob_member(descriptor.digest))) continue;
      const std::string document = TRY(read_blob(descriptor, registry::kLargestManifest));
      if (registry::is_index_type(descriptor.media_type)) {
        TRY(read_index(document, own_names, depth + 1, out));
      } else if (registry::is_manifest_type(descriptor.media_type)) {
        TRY(read_manifest(document, descriptor.media_type, own_names, out));
      }
    }
    return {};
  }

  base::Result<> read_manifest(const std::string& json, const std::string& media_type,
                               const std::vector<model::ImageReference>& names, std::vector<Candidate>& out) {
    const registry::Manifest manifest = TRY(registry::parse_manifest(json, media_type));
    Candidate candidate;
    candidate.config_json = TRY(read_blob(manifest.config, kLargestConfig));
    candidate.names = names;
    for (const registry::Descriptor& layer : manifest.layers) {
      candidate.layers.push_back({blob_member(layer.digest), layer});
    }
    out.push_back(std::move(candidate));
    return {};
  }

  base::Result<> load_image(const Candidate& candidate, std::vector<std::string>& out) {
    const ParsedImageConfig config = TRY(parse_image_config(candidate.config_json));
    if (config.diff_ids.size() != candidate.layers.size()) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("an image of the archive has {} layers, its configuration speaks of {}",
                                    candidate.layers.size(), config.diff_ids.size()));
    }
    Arrival arrival(store_);
    std::vector<LayerJob> jobs;
    for (std::size_t i = 0; i < config.diff_ids.size(); ++i) {
      const model::Digest& diff_id = config.diff_ids[i];
      const Candidate::Layer& layer = candidate.layers[i];
      jobs.push_back({diff_id, [this, &layer, &diff_id] { return fetch(layer, diff_id); },
                      [this, &diff_id] { tell(diff_id, Progress::State::Exists, 0); }});
    }
    const std::size_t parallel = std::max(1u, std::thread::hardware_concurrency());
    std::vector<std::string> snapshots;
    for (const LayerRecord& layer : TRY(install_layers(store_, arrival, jobs, parallel, {}))) {
      snapshots.push_back(layer.snapshot);
    }
    const std::string id = TRY(store_.add_image(candidate.config_json, snapshots, candidate.names));
    for (const model::ImageReference& name : candidate.names) out.push_back(name.familiar_text());
    if (candidate.names.empty()) out.push_back(id);
    return {};
  }

  base::Result<FetchedLayer> fetch(const Candidate::Layer& layer, const model::Digest& diff_id) {
    const std::int64_t size = TRY(archive_.size(layer.member));
    tell(diff_id, Progress::State::Unpacking, size);
    FileChunks chunks = TRY(archive_.chunks(layer.member));
    base::Result<UnpackedLayer> unpacked = [&] {
      if (!layer.descriptor) return unpack_layer(store_.snapshots(), chunks, diff_id, &store_.content());
      VerifiedChunks verified(chunks, layer.descriptor->digest, layer.descriptor->size);
      return unpack_layer(store_.snapshots(), verified, diff_id, &store_.content());
    }();
    FetchedLayer out{TRY_WHILE(std::move(unpacked), fmt::format("loading layer {}", layer.member)), {}};
    tell(diff_id, Progress::State::Done, size);
    return out;
  }

  void tell(const model::Digest& diff_id, Progress::State state, std::int64_t size) {
    if (!progress_) return;
    const std::lock_guard lock(progress_mutex_);
    progress_({state, diff_id.short_hex(), state == Progress::State::Done ? size : 0, size});
  }

  ImageStore& store_;
  const ArchiveFile& archive_;
  const ProgressSink& progress_;
  const std::string& platform_;
  std::mutex progress_mutex_;
};

}  // namespace

base::Result<std::vector<std::string>> load_archive(ImageStore& store, int tar, const ProgressSink& progress,
                                                    const std::string& platform) {
  if (!platform.empty()) TRY(registry::parse_platform(platform));
  const ArchiveFile archive = TRY(ArchiveFile::open(tar, store.scratch_folder()));
  return Loader(store, archive, progress, platform).run();
}

}  // namespace runtime::image
