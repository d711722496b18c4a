// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "runtime/image/archive_index.h"
#include "runtime/image/byte_source.h"
#include "runtime/image/image_archive.h"
#include "runtime/image/layer_blob.h"
#include "runtime/registry/manifest.h"
#include "sys/file.h"
#include "sys/sha256.h"

namespace runtime::image {
namespace {

constexpr std::string_view kLayoutFile = R"({"imageLayoutVersion":"1.0.0"})";

/// A layer as it lies in the archive.
struct SavedLayer {
  registry::Descriptor descriptor;
  LayerRecord record;
  bool stored = false;  ///< The content store's blob is written as it is; else the tar is made.
};

std::string blob_path(const model::Digest& digest) { return fmt::format("blobs/sha256/{}", digest.hex()); }

model::Digest digest_of(std::string_view text) {
  return model::Digest::from_sha256_hex(sys::sha256_hex(text));
}

/// An image asked for, and what it is called in the archive.
struct Wanted {
  Image image;
  std::vector<model::ImageReference> names;
};

class Saver {
 public:
  Saver(ImageStore& store, int out, const base::Cancellation& cancellation)
      : store_(store), cancellation_(cancellation), writer_(sink_to(out, cancellation)) {}

  base::Result<> run(const SaveRequest& request) {
    // All are found before the first byte goes out.
    std::vector<Wanted> wanted;
    for (const std::string& name : request.images) wanted.push_back(TRY(find(name)));
    if (!request.names.empty() && wanted.size() != 1)
      return base::fail(base::ErrorClass::Invalid, "only a single image can be given names in an archive");
    if (!request.names.empty()) wanted.front().names.clear();
    for (const std::string& name : request.names)
      wanted.front().names.push_back(TRY(model::ImageReference::parse(name)));
    for (const Wanted& one : wanted) TRY_WHILE(save(one), fmt::format("saving {}", one.image.id));
    registry::Index index;
    index.media_type = registry::media_type::kOciIndex;
    index.manifests = manifests_;
    TRY(add("index.json", registry::encode_index(index)));
    TRY(add("manifest.json", encode_archive_index(archived_)));
    TRY(add("oci-layout", kLayoutFile));
    TRY(add("repositories", encode_repositories(archived_)));
    return writer_.finish();
  }

 private:
  base::Result<Wanted> find(const std::string& name) {
    Wanted out{TRY(store_.find_whole(name)), {}};
    auto reference = model::ImageReference::parse(name);
    // Only a name the image has goes into the archive; an ID or its prefix is none.
    if (reference && !reference->digest) {
      for (const std::string& tag : out.image.tags) {
        if (tag == reference->familiar_text()) out.names = {*reference};
      }
    }
    return out;
  }

  base::Result<> save(const Wanted& wanted) {
    std::vector<SavedLayer> layers;
    std::vector<LayerRecord> records;
    for (const LayerRecord& layer : TRY(store_.layers(wanted.image.id))) {
      layers.push_back(TRY(describe(layer)));
      records.push_back(layers.back().record);
      TRY(write_layer(layers.back()));
    }
    const std::string config = TRY(config_with_layers(wanted.image, records));
    registry::Manifest manifest;
    manifest.media_type = registry::media_type::kOciManifest;
    manifest.config = {
        std::string(registry::media_type::kOciConfig), digest_of(config), std::ssize(config), {}, {}};
    ArchivedImage archived{blob_path(manifest.config.digest), {}, {}};
    for (const SavedLayer& layer : layers) {
      manifest.layers.push_back(layer.descriptor);
      archived.layers.push_back(blob_path(layer.descriptor.digest));
    }
    manifest.annotations = TRY(store_.annotations(wanted.image.id));
    const std::string json = registry::encode_manifest(manifest);
    TRY(add_blob(config));
    TRY(add_blob(json));
    const registry::ManifestDocument document{manifest.media_type, json, digest_of(json)};
    const registry::Descriptor entry = TRY(add_attestations(wanted, document));
    if (wanted.names.empty()) manifests_.push_back(entry);
    for (const model::ImageReference& name : wanted.names) {
      archived.repo_tags.push_back(name.familiar_text());
      manifests_.push_back(entry);
      manifests_.back().annotations["io.containerd.image.name"] = name.canonical_text();
      manifests_.back().annotations["org.opencontainers.image.ref.name"] = name.tag;
    }
    add_to_index(std::move(archived));
    return {};
  }

  /// An image that is saved by several names is one entry with all of them.
  void add_to_index(ArchivedImage archived) {
    const auto same = std::find_if(archived_.begin(), archived_.end(),
                                   [&](const ArchivedImage& one) { return one.config == archived.config; });
    if (same == archived_.end()) {
      archived_.push_back(std::move(archived));
    } else {
      same->repo_tags.insert(same->repo_tags.end(), archived.repo_tags.begin(), archived.repo_tags.end());
    }
  }

  /// Adds what is attested of the image; what leads to the image then.
  base::Result<registry::Descriptor> add_attestations(const Wanted& wanted,
                                                      const registry::ManifestDocument& document) {
    const std::vector<Attestation> attestations = TRY(store_.attestations(wanted.image.id));
    const registry::ManifestDocument* top = &document;
    std::optional<AttestedImage> attested;
    if (!attestations.empty()) {
      attested = TRY(attest_image(document, wanted.image.config, wanted.names, attestations));
      for (const AttestedImage::Blob& blob : attested->blobs) TRY(add_blob(blob.content));
      TRY(add_blob(attested->manifest.json));
      TRY(add_blob(attested->index.json));
      top = &attested->index;
    }
    return registry::Descriptor{top->media_type, top->digest, std::ssize(top->json), {}, {}};
  }

  /// What goes into the archive for a layer. A tar that must be made is made once to learn its size.
  base::Result<SavedLayer> describe(const LayerRecord& layer) {
    const auto stored_size = layer.blob ? store_.content().size(*layer.blob) : std::nullopt;
    if (stored_size && layer.diff_id) {
      return SavedLayer{{layer.media_type, *layer.blob, *stored_size, {}, {}}, layer, true};
    }
    sys::Sha256 hash;
    std::int64_t size = 0;
    TRY(write_diff(store_, layer, [&](std::string_view data) -> base::Result<> {
      if (cancellation_.requested()) return base::fail(base::ErrorClass::Cancelled, "saving was cancelled");
      hash.update(data);
      size += std::ssize(data);
      return {};
    }));
    SavedLayer out{{std::string(registry::media_type::kOciLayer),
                    model::Digest::from_sha256_hex(hash.finish_hex()),
                    size,
                    {},
                    {}},
                   layer,
                   false};
    if (!layer.diff_id) {
      out.record.diff_id = out.descriptor.digest;
      TRY(store_.record_layer(out.record));
    }
    out.record.diff_id = out.descriptor.digest;
    return out;
  }

  base::Result<> write_layer(const SavedLayer& layer) {
    if (!written_.insert(layer.descriptor.digest.text()).second) return {};
    TarEntry entry;
    entry.path = blob_path(layer.descriptor.digest);
    entry.mode = 0444;
    entry.size = layer.descriptor.size;
    TRY(writer_.begin(entry));
    const ByteSink sink = [this](std::string_view data) { return writer_.write(data); };
    if (!layer.stored) return write_diff(store_, layer.record, sink);
    const sys::UniqueFd fd = TRY(store_.content().open(layer.descriptor.digest));
    FdChunks chunks(fd.value());
    while (true) {
      const std::string_view data = TRY(chunks.next());
      if (data.empty()) return {};
      TRY(sink(data));
    }
  }

  base::Result<> add_blob(const std::string& content) {
    const model::Digest digest = digest_of(content);
    if (!written_.insert(digest.text()).second) return {};
    return add(blob_path(digest), content);
  }

  base::Result<> add(std::string path, std::string_view content) {
    TarEntry entry;
    entry.path = std::move(path);
    entry.mode = 0444;
    return writer_.add_file(std::move(entry), content);
  }

  ImageStore& store_;
  base::Cancellation cancellation_;
  TarWriter writer_;
  std::set<std::string> written_;
  std::vector<ArchivedImage> archived_;
  std::vector<registry::Descriptor> manifests_;
};

}  // namespace

base::Result<> save_archive(ImageStore& store, const SaveRequest& request, int tar,
                            const base::Cancellation& cancellation) {
  return Saver(store, tar, cancellation).run(request);
}

}  // namespace runtime::image
