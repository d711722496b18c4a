// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/image_store.h"

#include <algorithm>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/split.h"
#include "sys/file.h"
#include "sys/file_lock.h"
#include "sys/sha256.h"

namespace runtime::image {
namespace {

// created, added and tagged: nanoseconds since 1970. Digests are "sha256:<hex>", references canonical.
constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS images (
  id TEXT PRIMARY KEY, config TEXT NOT NULL, created INTEGER NOT NULL, added INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS image_layers (
  image TEXT NOT NULL, position INTEGER NOT NULL, snapshot TEXT NOT NULL,
  PRIMARY KEY (image, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS image_tags (reference TEXT PRIMARY KEY, image TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS image_tags_by_image ON image_tags(image);
CREATE TABLE IF NOT EXISTS image_tag_times (
  reference TEXT PRIMARY KEY, tagged INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS image_digests (
  image TEXT NOT NULL, repository TEXT NOT NULL, digest TEXT NOT NULL,
  PRIMARY KEY (image, repository, digest)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS image_manifests (
  image TEXT PRIMARY KEY, media_type TEXT NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS image_annotations (
  image TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (image, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS image_attestations (
  image TEXT NOT NULL, position INTEGER NOT NULL, blob TEXT NOT NULL, origin TEXT NOT NULL,
  PRIMARY KEY (image, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS image_layer_content (
  snapshot TEXT PRIMARY KEY, diff_id TEXT, blob TEXT, media_type TEXT, blob_size INTEGER NOT NULL DEFAULT 0,
  skeleton TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS image_layer_content_by_diff_id ON image_layer_content(diff_id);
)sql";

std::string holder_of(const std::string& image_id) { return "image:" + image_id; }

sys::DatabaseValue to_value(const std::optional<model::Digest>& digest) {
  return digest ? sys::DatabaseValue(digest->text()) : sys::DatabaseValue(nullptr);
}

std::optional<model::Digest> to_digest(const std::string& text) {
  const auto parsed = model::Digest::parse(text);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

LayerRecord read_layer(const sys::Row& row) {
  LayerRecord out;
  out.snapshot = row.text(0);
  out.diff_id = to_digest(row.text(1));
  out.blob = to_digest(row.text(2));
  out.media_type = row.text(3);
  out.blob_size = row.integer(4);
  out.skeleton = to_digest(row.text(5));
  return out;
}

/// The JSON that names an image made here: its layers stand for the diff IDs nobody knows yet.
std::string identity_json(const BuiltImage& image) {
  std::vector<model::Digest> layers;
  for (const std::string& layer : image.layers) layers.push_back(model::Digest::from_sha256_hex(layer));
  return encode_image_config(image.config, layers);
}

}  // namespace

ImageStore::ImageStore(sys::Database& database, snapshot::SnapshotStore& snapshots, std::string data_root)
    : database_(database), snapshots_(snapshots), data_root_(data_root), content_(std::move(data_root)) {}

base::Result<std::unique_ptr<ImageStore>> ImageStore::open(sys::Database& database,
                                                           snapshot::SnapshotStore& snapshots,
                                                           std::string data_root) {
  TRY_WHILE(database.create_tables(kSchema), "making the tables of the images");
  return std::unique_ptr<ImageStore>(new ImageStore(database, snapshots, std::move(data_root)));
}

base::Result<std::string> ImageStore::add_built_image(const BuiltImage& image) {
  if (image.layers.size() > kMostLayers) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("an image has at most {} layers", kMostLayers));
  }
  std::vector<model::ImageReference> names;
  for (const std::string& tag : image.tags) names.push_back(TRY(model::ImageReference::parse(tag)));
  const std::string json = identity_json(image);
  // What cannot be read again must not be recorded.
  TRY(parse_image_config(json));
  const std::string id = "sha256:" + sys::sha256_hex(json);
  std::vector<model::Digest> unused;
  TRY(database_.transaction([&]() -> base::Result<> {
    TRY(record_image(id, json, image.config, image.layers, names));
    if (image.annotations) TRY(replace_annotations(id, *image.annotations));
    if (image.attestations) unused = TRY(replace_attestations(id, *image.attestations));
    return {};
  }));
  for (const model::Digest& blob : unused) TRY(remove_unused_blob(blob));
  return id;
}

base::Result<std::string> ImageStore::add_image(std::string_view config_json,
                                                const std::vector<std::string>& layers,
                                                const std::vector<model::ImageReference>& names) {
  const ParsedImageConfig parsed = TRY(parse_image_config(config_json));
  if (parsed.diff_ids.size() != layers.size()) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("the image configuration speaks of {} layers, there are {}",
                                  parsed.diff_ids.size(), layers.size()));
  }
  const std::string id = "sha256:" + sys::sha256_hex(config_json);
  TRY(record_image(id, config_json, parsed.config, layers, names));
  return id;
}

base::Result<> ImageStore::record_image(const std::string& id, std::string_view config_json,
                                        const ImageConfig& config, const std::vector<std::string>& layers,
                                        const std::vector<model::ImageReference>& names) {
  const std::int64_t created = config.created ? config.created->time_since_epoch().count() : 0;
  return database_.transaction([&]() -> base::Result<> {
    bool is_new = false;
    TRY(database_.run(
        "INSERT INTO images (id, config, created, added) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING RETURNING 1",
        {id, std::string(config_json), created, base::now_ns()}, [&](const sys::Row&) { is_new = true; }));
    for (std::size_t i = 0; is_new && i < layers.size(); ++i) {
      TRY(database_.run("INSERT INTO image_layers (image, position, snapshot) VALUES (?, ?, ?)",
                        {id, static_cast<std::int64_t>(i), layers[i]}));
      TRY(snapshots_.hold(layers[i], holder_of(id)));
    }
    for (const model::ImageReference& name : names) TRY(set_tag(id, name));
    return {};
  });
}

base::Result<> ImageStore::set_tag(const std::string& image_id, const model::ImageReference& reference) {
  if (reference.digest) {
    return base::fail(
        base::ErrorClass::Invalid,
        fmt::format("\"{}\" names a digest, which cannot be given to an image", reference.familiar_text()));
  }
  // Within a second it counts as once: a build that makes the same image again writes nothing.
  TRY(
      database_.run("INSERT INTO image_tag_times (reference, tagged) VALUES (?, ?) "
                    "ON CONFLICT (reference) DO UPDATE SET tagged = excluded.tagged "
                    "WHERE excluded.tagged - tagged > 1000000000",
                    {reference.canonical_text(), base::now_ns()}));
  return database_.run(
      "INSERT INTO image_tags (reference, image) VALUES (?, ?) "
      "ON CONFLICT (reference) DO UPDATE SET image = excluded.image WHERE image <> excluded.image",
      {reference.canonical_text(), image_id});
}

base::Result<> ImageStore::tag(std::string_view image, std::string_view reference) {
  const model::ImageReference name = TRY(model::ImageReference::parse(reference));
  return database_.transaction([&]() -> base::Result<> { return set_tag(TRY(find_id(image)), name); });
}

base::Result<> ImageStore::add_repo_digest(const std::string& image_id,
                                           const model::ImageReference& reference) {
  if (!reference.digest)
    return base::fail(base::ErrorClass::Internal, "a repository digest without a digest");
  return database_.run(
      "INSERT INTO image_digests (image, repository, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      {image_id, reference.registry + "/" + reference.repository, reference.digest->text()});
}

base::Result<std::vector<std::string>> ImageStore::tags_of(const std::string& image_id) {
  std::vector<std::string> out;
  TRY(database_.run("SELECT reference FROM image_tags WHERE image = ? ORDER BY reference", {image_id},
                    [&](const sys::Row& row) {
                      const auto reference = model::ImageReference::parse(row.text(0));
                      out.push_back(reference ? reference->familiar_text() : row.text(0));
                    }));
  std::sort(out.begin(), out.end());
  return out;
}

base::Result<std::int64_t> ImageStore::size_of(const std::vector<std::string>& layers) {
  std::int64_t size = 0;
  for (const std::string& layer : TRY(snapshots_.with_bases(layers))) {
    const auto usage = snapshots_.usage(layer);
    // A damaged layer must not hide the image from a list: `check` reports it.
    if (usage) size += usage->bytes;
  }
  return size;
}

namespace {

/// The containers of a project share a few images, and an ID names one configuration for ever: it is read
/// once.
base::Result<ImageConfig> config_of(const std::string& id, const std::string& json) {
  static std::mutex mutex;
  static std::map<std::string, ImageConfig> configs;
  const std::lock_guard lock(mutex);
  const auto known = configs.find(id);
  if (known != configs.end()) return known->second;
  ParsedImageConfig parsed = TRY_WHILE(parse_image_config(json), fmt::format("reading image {}", id));
  return configs.emplace(id, std::move(parsed.config)).first->second;
}

}  // namespace

base::Result<Image> ImageStore::read_image(const std::string& id) {
  Image out;
  TRY(database_.run("SELECT id, config FROM images WHERE id = ?", {id}, [&](const sys::Row& row) {
    out.id = row.text(0);
    out.config_json = row.text(1);
  }));
  if (out.id.empty()) return base::fail(base::ErrorClass::NotFound, fmt::format("no such image: {}", id));
  out.config = TRY(config_of(id, out.config_json));
  TRY(database_.run("SELECT snapshot FROM image_layers WHERE image = ? ORDER BY position", {id},
                    [&](const sys::Row& row) { out.layers.push_back(row.text(0)); }));
  out.tags = TRY(tags_of(id));
  TRY(
      database_.run("SELECT tagged FROM image_tag_times JOIN image_tags USING (reference) WHERE image = ? "
                    "ORDER BY tagged DESC LIMIT 1",
                    {id}, [&](const sys::Row& row) { out.tagged_ns = row.integer(0); }));
  TRY(database_.run(
      "SELECT repository, digest FROM image_digests WHERE image = ? ORDER BY repository, digest", {id},
      [&](const sys::Row& row) {
        const auto reference = model::ImageReference::parse(row.text(0) + "@" + row.text(1));
        if (reference) out.repo_digests.push_back(reference->familiar_text());
      }));
  out.size = TRY(size_of(out.layers));
  return out;
}

base::Result<std::vector<std::string>> ImageStore::list_ids() {
  std::vector<std::string> out;
  TRY(database_.run("SELECT id FROM images ORDER BY created DESC, id", {},
                    [&](const sys::Row& row) { out.push_back(row.text(0)); }));
  return out;
}

namespace {

model::ObservedImage observe(const Image& image) {
  model::ObservedImage out = to_observed(image.config);
  out.id = image.id;
  out.tags = image.tags;
  out.digests = image.repo_digests;
  out.size = image.size;
  out.last_tagged = model::TimePoint(base::Duration(image.tagged_ns));
  return out;
}

/// One image that is gone, or whose record is damaged, takes nothing from the others.
bool is_left_out(const base::Error& error) {
  return error.error_class == base::ErrorClass::NotFound || error.error_class == base::ErrorClass::Invalid;
}

}  // namespace

base::Result<std::vector<model::ObservedImage>> ImageStore::list() {
  std::vector<model::ObservedImage> out;
  for (const std::string& id : TRY(list_ids())) {
    const auto image = read_image(id);
    // Removed by another process between the two reads, or unreadable.
    if (!image && !is_left_out(image.error())) return base::fail(image.error());
    if (image) out.push_back(observe(*image));
  }
  return out;
}

base::Result<model::ObservedImage> ImageStore::inspect(std::string_view image) {
  return observe(TRY(find(image)));
}

base::Result<Image> ImageStore::find(std::string_view image) { return read_image(TRY(find_id(image))); }

base::Result<Image> ImageStore::find_whole(std::string_view image) {
  Image found = TRY(find(image));
  for (const std::string& layer : TRY(snapshots_.with_bases(found.layers))) {
    if (!TRY(snapshots_.settling().is_in_doubt(layer))) continue;
    return base::fail(base::make_error(base::ErrorClass::Io,
                                       fmt::format("image {} has lost files of layer {}", image, layer))
                          .with_hint("remove the containers that use it, then pull, load or build it again"));
  }
  return found;
}

base::Result<std::vector<LayerRecord>> ImageStore::layers(const std::string& image_id) {
  std::vector<LayerRecord> out;
  TRY(database_.run(
      "SELECT l.snapshot, c.diff_id, c.blob, c.media_type, c.blob_size, c.skeleton FROM image_layers l "
      "LEFT JOIN image_layer_content c ON c.snapshot = l.snapshot WHERE l.image = ? ORDER BY l.position",
      {image_id}, [&](const sys::Row& row) { out.push_back(read_layer(row)); }));
  return out;
}

base::Result<std::optional<LayerRecord>> ImageStore::find_layer(const model::Digest& diff_id) {
  std::optional<LayerRecord> out;
  TRY(database_.run(
      "SELECT snapshot, diff_id, blob, media_type, blob_size, skeleton FROM image_layer_content "
      "WHERE diff_id = ?",
      {diff_id.text()}, [&](const sys::Row& row) {
        if (!out) out = read_layer(row);
      }));
  if (out && !snapshots_.is_committed(out->snapshot)) out.reset();
  return out;
}

base::Result<> ImageStore::record_layer(const LayerRecord& layer) {
  const auto record = [&] { return write_layer_record(layer); };
  if (!layer.blob && !layer.skeleton) return record();
  return database_.transaction([&]() -> base::Result<> {
    TRY(record());
    return snapshots_.settling().add_blob(layer.snapshot);
  });
}

base::Result<> ImageStore::write_layer_record(const LayerRecord& layer) {
  return database_.run(
      "INSERT INTO image_layer_content (snapshot, diff_id, blob, media_type, blob_size, skeleton) "
      "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (snapshot) DO UPDATE SET diff_id = excluded.diff_id, "
      "blob = excluded.blob, media_type = excluded.media_type, blob_size = excluded.blob_size, "
      "skeleton = excluded.skeleton",
      {layer.snapshot, to_value(layer.diff_id), to_value(layer.blob), layer.media_type, layer.blob_size,
       to_value(layer.skeleton)});
}

base::Result<LayerRecord> ImageStore::layer(const std::string& snapshot) {
  LayerRecord out;
  out.snapshot = snapshot;
  TRY(database_.run(
      "SELECT snapshot, diff_id, blob, media_type, blob_size, skeleton FROM image_layer_content "
      "WHERE snapshot = ?",
      {snapshot}, [&](const sys::Row& row) { out = read_layer(row); }));
  return out;
}

base::Result<sys::UniqueFd> ImageStore::lock_work(const model::Digest& key,
                                                  const base::Cancellation& cancellation) {
  const std::string folder = data_root_ + "/locks";
  TRY(sys::make_directories(folder, 0700));
  return sys::lock_file(fmt::format("{}/{}", folder, key.hex()), sys::LockKind::Exclusive, cancellation);
}

}  // namespace runtime::image
