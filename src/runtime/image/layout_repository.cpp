// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "runtime/image/repository.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_lock.h"
#include "sys/sha256.h"
#include "sys/user_mask.h"

namespace runtime::image {
namespace {

constexpr std::string_view kLayoutFile = R"({"imageLayoutVersion":"1.0.0"})";
constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";
constexpr int kDeepestIndex = 3;
constexpr std::size_t kChunk = 256 * 1024;

class LayoutRepository final : public Repository {
 public:
  LayoutRepository(std::string folder, registry::Index index, sys::UniqueFd lock)
      : folder_(std::move(folder)), index_(std::move(index)), lock_(std::move(lock)) {}

  base::Result<registry::ManifestDocument> fetch_manifest(const std::string& name) override {
    const auto digest = model::Digest::parse(name);
    registry::Descriptor found;
    {
      const std::lock_guard guard(mutex_);
      const auto& all = index_.manifests;
      auto place = std::find_if(all.begin(), all.end(), [&](const registry::Descriptor& one) {
        return digest ? one.digest == *digest : tag_of(one) == name;
      });
      // A layout that holds one thing needs no name for it.
      if (place == all.end() && !digest && all.size() == 1 && tag_of(all.front()).empty())
        place = all.begin();
      if (place != all.end()) {
        found = *place;
      } else if (digest) {
        found.digest = *digest;
        found.size = -1;  // Named by an index of the layout.
      } else {
        return base::fail(base::ErrorClass::NotFound, fmt::format("{} has no \"{}\"", folder_, name));
      }
    }
    std::string json = TRY(sys::read_file(blob_path(found.digest), registry::kLargestManifest));
    if (sys::sha256_hex(json) != found.digest.hex() || (found.size >= 0 && std::ssize(json) != found.size))
      return base::fail(damaged(found.digest));
    if (found.media_type.empty()) found.media_type = registry::sniff_media_type(json);
    return registry::ManifestDocument{found.media_type, std::move(json), found.digest};
  }

  base::Result<> fetch_blob(const registry::Descriptor& blob, const registry::BlobSink& sink,
                            registry::BlobPrefix prefix) override {
    const sys::UniqueFd fd = TRY(sys::open_file(blob_path(blob.digest), O_RDONLY));
    sys::Sha256 hash = std::move(prefix.hash);
    std::string room(kChunk, '\0');
    std::int64_t size = prefix.size;
    while (true) {
      const std::size_t count = TRY(sys::read_some_at(fd.value(), room, size));
      if (count == 0) break;
      size += static_cast<std::int64_t>(count);
      if (size > blob.size) return base::fail(damaged(blob.digest));
      const std::string_view data(room.data(), count);
      hash.update(data);
      TRY(sink(data));
    }
    if (size != blob.size || hash.finish_hex() != blob.digest.hex()) return base::fail(damaged(blob.digest));
    return {};
  }

  base::Result<bool> has_blob(const model::Digest& digest, std::int64_t size) override {
    const auto fd = sys::open_file(blob_path(digest), O_RDONLY);
    if (!fd && fd.error().errno_value == ENOENT) return false;
    if (!fd) return base::fail(fd.error());
    return static_cast<std::int64_t>(TRY(sys::file_facts(fd->value())).size) == size;
  }

  base::Result<> push_blob(const registry::BlobSource& blob) override {
    const std::string path = blob_path(blob.digest), partial = path + ".partial";
    const sys::UniqueFd fd = TRY(sys::open_file(partial, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    const registry::BlobSource::Reader read = TRY(blob.open());
    std::string room(kChunk, '\0');
    while (const std::size_t count = TRY(read(room.data(), room.size()))) {
      TRY(sys::write_all(fd.value(), std::string_view(room.data(), count)));
    }
    return sys::rename_path(partial, path);
  }

  base::Result<> push_manifest(const std::string& name, const registry::ManifestDocument& document) override {
    const std::lock_guard guard(mutex_);
    TRY(sys::write_file(blob_path(document.digest), document.json, 0644));
    const std::set<std::string> before = TRY(blobs_of(index_));
    std::erase_if(index_.manifests, [&](const registry::Descriptor& one) { return tag_of(one) == name; });
    index_.manifests.push_back({document.media_type,
                                document.digest,
                                std::ssize(document.json),
                                {},
                                {{std::string(kRefName), name}}});
    TRY(sys::write_file(folder_ + "/index.json", registry::encode_index(index_), 0644));
    const std::set<std::string> now = TRY(blobs_of(index_));
    for (const std::string& digest : before) {
      if (!now.contains(digest)) TRY(sys::remove_tree(fmt::format("{}/blobs/sha256/{}", folder_, digest)));
    }
    return {};
  }

 private:
  static std::string tag_of(const registry::Descriptor& manifest) {
    const auto found = manifest.annotations.find(std::string(kRefName));
    return found == manifest.annotations.end() ? "" : found->second;
  }
  std::string blob_path(const model::Digest& digest) const {
    return fmt::format("{}/blobs/sha256/{}", folder_, digest.hex());
  }
  base::Error damaged(const model::Digest& digest) const {
    return base::make_error(
        base::ErrorClass::Invalid,
        fmt::format("the blob {} in {} is not what its name says", digest.text(), folder_));
  }

  /// Hex digests of the manifests listed in `index` and of what they name. What cannot be read names nothing.
  base::Result<std::set<std::string>> blobs_of(const registry::Index& index, int depth = 0) const {
    std::set<std::string> out;
    for (const registry::Descriptor& entry : index.manifests) {
      out.emplace(entry.digest.hex());
      const auto json = sys::read_file(blob_path(entry.digest), registry::kLargestManifest);
      if (!json) continue;
      if (registry::is_index_type(entry.media_type)) {
        if (depth == kDeepestIndex) continue;
        const auto below = registry::parse_index(*json, entry.media_type);
        if (below) out.merge(TRY(blobs_of(*below, depth + 1)));
      } else if (const auto manifest = registry::parse_manifest(*json, entry.media_type)) {
        out.emplace(manifest->config.digest.hex());
        for (const registry::Descriptor& layer : manifest->layers) out.emplace(layer.digest.hex());
      }
    }
    return out;
  }

  const std::string folder_;
  std::mutex mutex_;  ///< Guards index_.
  registry::Index index_;
  const sys::UniqueFd lock_;
};

}  // namespace

base::Result<std::unique_ptr<Repository>> open_layout(const std::string& folder, LayoutAccess access,
                                                      const base::Cancellation& cancellation) {
  sys::UniqueFd lock;
  if (access == LayoutAccess::Write) {
    TRY(sys::make_directories(folder, 0777 & ~sys::user_mask()));
    TRY(sys::make_directories(folder + "/blobs/sha256"));
    lock = TRY(sys::lock_file(folder + "/.lock", sys::LockKind::Exclusive, cancellation));
    TRY(sys::write_file(folder + "/oci-layout", kLayoutFile, 0644));
  }
  registry::Index index{.media_type = std::string(registry::media_type::kOciIndex), .manifests = {}};
  if (sys::path_exists(folder + "/index.json")) {
    const std::string json = TRY(sys::read_file(folder + "/index.json", registry::kLargestManifest));
    index.manifests = TRY_WHILE(registry::parse_index(json, ""), "reading index.json").manifests;
  } else if (access == LayoutAccess::Read) {
    return base::fail(
        base::make_error(base::ErrorClass::NotFound, fmt::format("{} is no OCI image layout", folder))
            .with_hint("it would have an index.json"));
  }
  return std::make_unique<LayoutRepository>(folder, std::move(index), std::move(lock));
}

}  // namespace runtime::image
