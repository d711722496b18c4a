// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "model/digest.h"
#include "model/image_reference.h"
#include "model/observed.h"
#include "runtime/image/attestation.h"
#include "runtime/image/content_store.h"
#include "runtime/image/image_config.h"
#include "runtime/snapshot/snapshot_store.h"
#include "sys/database.h"

namespace runtime::image {

/// What is known of a layer beside its files.
struct LayerRecord {
  std::string snapshot;                  ///< Snapshot id.
  std::optional<model::Digest> diff_id;  ///< Of the tar; unset until somebody needed it.
  std::optional<model::Digest> blob;     ///< The tar as stored in the content store, maybe compressed.
  std::string media_type;                ///< Of `blob`.
  std::int64_t blob_size = 0;
  std::optional<model::Digest> skeleton;  ///< What makes the tar out of the files again: see skeleton.h.
};

/// One image of the store.
struct Image {
  std::string id;  ///< "sha256:<hex>"
  ImageConfig config;
  std::vector<std::string> layers;  ///< Snapshot ids, bottom first: SnapshotStore::prepare_root takes them.
  std::vector<std::string> tags;    ///< Familiar form, sorted: "redis:7".
  std::vector<std::string> repo_digests;  ///< "redis@sha256:..."
  std::int64_t size = 0;                  ///< Bytes unpacked, all layers.
  std::string config_json;                ///< As received, or canonical.
  std::int64_t tagged_ns = 0;             ///< When a name was last given to it; since 1970.
};

/// An image made on this machine. Its layers must be committed snapshots.
struct BuiltImage {
  ImageConfig config;  ///< With its history.
  std::vector<std::string> layers;
  std::vector<std::string> tags;  ///< References to point at it; may be empty.
  /// Of manifests made for it, instead of what it had. Unset: as it is.
  std::optional<std::map<std::string, std::string>> annotations;
  /// What is attested of it, instead of what was. Unset: nothing new; what an earlier build attested of the
  /// same image stays true.
  std::optional<std::vector<Attestation>> attestations;
};

struct Removal {
  std::vector<std::string> untagged;  ///< References, familiar form.
  std::vector<std::string> deleted;   ///< Image ids.
  std::int64_t freed = 0;             ///< Bytes on disk: layers, and what was kept of the bytes they came as.
};

enum class RemoveMode { Careful, Force };
enum class PruneMode { Dangling, All };

/// One row of `image history`, newest first.
struct HistoryRow {
  HistoryEntry entry;
  std::string layer;  ///< Snapshot id; empty for an empty layer.
  std::int64_t size = 0;
};

/// How much an image takes on disk, its layers and what is kept of the bytes they came as: bytes only it
/// uses, and bytes shared with other images.
struct DiskUse {
  std::string id;
  std::vector<std::string> tags;
  std::int64_t own = 0, shared = 0;
};

/// How old a blob must be before it counts as forgotten.
inline constexpr std::chrono::hours kOrphanAge{24};

/// Names of the containers that use an image, whatever their state. Given by the engine; asked in the
/// transaction that removes the image.
using ImageUsers = std::function<base::Result<std::vector<std::string>>(const std::string& image_id)>;
/// Which images a prune may take; empty: all.
using ImageFilter = std::function<bool(const ImageConfig&)>;

/// The images of one data root: records in the database, layers in the snapshot store, blobs in the content
/// store.
///
/// An image's ID is the SHA-256 of its configuration's JSON when that came from outside (load, pull), as
/// everywhere. For an image made here the layers' diff IDs are unknown until somebody saves or pushes it, so
/// its ID is the SHA-256 of the canonical configuration with the snapshot ids in their place; it stays the
/// same after a push. Building again from the cache gives the same layers, so the same ID.
///
/// Safe for several threads and processes.
class ImageStore {
 public:
  static base::Result<std::unique_ptr<ImageStore>> open(sys::Database& database,
                                                        snapshot::SnapshotStore& snapshots,
                                                        std::string data_root);

  /// Newest first; an image without tags is listed too (dangling).
  base::Result<std::vector<model::ObservedImage>> list();
  /// By reference, "sha256:" ID, or unique prefix (at least 4 digits) of the ID. NotFound.
  base::Result<model::ObservedImage> inspect(std::string_view image);
  base::Result<Image> find(std::string_view image);
  /// The same for what is to be made of it or written somewhere else. Io: a layer has lost files.
  base::Result<Image> find_whole(std::string_view image);
  base::Result<std::string> find_id(std::string_view image);
  base::Result<std::vector<HistoryRow>> history(std::string_view image);
  base::Result<std::vector<DiskUse>> disk_use();
  base::Result<std::vector<LayerRecord>> layers(const std::string& image_id);

  /// Points `reference` at `image`; what had the name before becomes dangling. Invalid for a digest.
  base::Result<> tag(std::string_view image, std::string_view reference);

  /// A reference (tag or digest): takes that name away, with the last tag of a repository its digests, and the
  /// image with its last name. An ID: takes all and the image (Careful: Conflict when it has several tags).
  /// Conflict while `users` names a container, unless Force: then only names go, the layers stay for it.
  base::Result<Removal> remove(std::string_view image, RemoveMode mode, const ImageUsers& users);
  /// Dangling images, or all that no container uses, if the filter takes them; and what fetches left that
  /// broke off.
  base::Result<Removal> prune(PruneMode mode, const ImageUsers& users, const ImageFilter& filter = {});

  /// Records an image made here and points its tags at it; returns its ID. One transaction.
  base::Result<std::string> add_built_image(const BuiltImage& image);
  /// Records an image from outside. `layers` bottom first, one for each diff ID of `config_json`.
  base::Result<std::string> add_image(std::string_view config_json, const std::vector<std::string>& layers,
                                      const std::vector<model::ImageReference>& names);
  /// Remembers that `repository@digest` is this image (`RepoDigests`).
  base::Result<> add_repo_digest(const std::string& image_id, const model::ImageReference& reference);

  /// The manifest an image came with, to push it unchanged; nothing for one that was built or loaded.
  base::Result<> record_manifest(const std::string& image_id, std::string_view media_type,
                                 std::string_view json);
  struct StoredManifest {
    std::string media_type, json;
  };
  base::Result<std::optional<StoredManifest>> manifest(const std::string& image_id);
  /// Go into manifests that are made for the image (push, save). OCI image-spec: annotations.md.
  base::Result<std::map<std::string, std::string>> annotations(const std::string& image_id);
  /// Keeps what is attested of an image with it, in this order, instead of what was before. Their bytes are
  /// blobs that go when no image has them. Invalid: more or larger than the limits.
  base::Result<> attest(const std::string& image_id, const std::vector<Attestation>& attestations);
  base::Result<std::vector<Attestation>> attestations(const std::string& image_id);
  /// Statements of that origin that some image has; none when one of them is damaged.
  base::Result<std::vector<Attestation>> find_attestations(const std::string& origin);
  /// Repositories of `registry` that are known to have the layer, for mounting its blob from there.
  base::Result<std::vector<std::string>> repositories_with(const std::string& snapshot,
                                                           std::string_view registry);

  /// A committed layer with this diff ID, if there is one. It may go away unless held soon.
  base::Result<std::optional<LayerRecord>> find_layer(const model::Digest& diff_id);
  /// A blob it names was just written, or was there.
  base::Result<> record_layer(const LayerRecord& layer);
  base::Result<LayerRecord> layer(const std::string& snapshot);

  /// Waits for and takes the lock that makes work on `key` (a diff ID, a blob) happen in one process and
  /// thread at a time; released when the descriptor closes. Cancelled.
  base::Result<sys::UniqueFd> lock_work(const model::Digest& key, const base::Cancellation& cancellation);

  /// Forgets layers that are gone, and removes the blobs that only they needed: what a process left that was
  /// killed while it removed an image. The bytes that freed.
  base::Result<std::int64_t> forget_lost_layers();
  /// Removes a blob unless a layer speaks of it; the bytes that freed.
  base::Result<std::int64_t> remove_unused_blob(const model::Digest& digest);
  /// Blobs that no layer speaks of, older than `age`: a pull under way has younger ones.
  base::Result<std::vector<model::Digest>> find_orphans(std::chrono::seconds age);

  const std::string& data_root() const { return data_root_; }
  /// For temporary files on the data root's file system.
  std::string scratch_folder() const { return data_root_ + "/tmp"; }
  ContentStore& content() { return content_; }
  snapshot::SnapshotStore& snapshots() { return snapshots_; }
  sys::Database& database() { return database_; }

 private:
  ImageStore(sys::Database& database, snapshot::SnapshotStore& snapshots, std::string data_root);
  base::Result<> record_image(const std::string& id, std::string_view config_json, const ImageConfig& config,
                              const std::vector<std::string>& layers,
                              const std::vector<model::ImageReference>& names);
  base::Result<Image> read_image(const std::string& id);
  base::Result<std::vector<std::string>> list_ids();
  base::Result<> set_tag(const std::string& image_id, const model::ImageReference& reference);
  base::Result<std::vector<std::string>> tags_of(const std::string& image_id);
  base::Result<std::int64_t> size_of(const std::vector<std::string>& layers);
  base::Result<std::optional<std::string>> find_by_name(std::string_view name);
  base::Result<std::string> find_by_prefix(std::string_view prefix, std::string_view asked);
  base::Result<std::vector<std::string>> take_tags(const std::string& id);
  base::Result<> write_layer_record(const LayerRecord& layer);
  /// Deletes it unless there are users, whose names it returns.
  base::Result<std::vector<std::string>> delete_image(const std::string& id, const ImageUsers& users,
                                                      Removal& removal);
  base::Result<std::vector<model::Digest>> forget_attestations(const std::string& image_id);
  base::Result<std::vector<model::Digest>> replace_attestations(const std::string& image_id,
                                                                const std::vector<Attestation>& attestations);
  base::Result<> replace_annotations(const std::string& image_id,
                                     const std::map<std::string, std::string>& annotations);
  base::Result<std::vector<model::Digest>> attestation_blobs(const std::string& image_id);
  base::Result<std::int64_t> size_of_attestations(const std::string& image_id);

  sys::Database& database_;
  snapshot::SnapshotStore& snapshots_;
  std::string data_root_;
  ContentStore content_;
};

}  // namespace runtime::image
