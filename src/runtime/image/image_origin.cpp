// SPDX-License-Identifier: Apache-2.0
// Where images came from: what a push needs to know.
#include "base/split.h"
#include "runtime/image/image_store.h"

namespace runtime::image {

base::Result<> ImageStore::record_manifest(const std::string& image_id, std::string_view media_type,
                                           std::string_view json) {
  return database_.run(
      "INSERT INTO image_manifests (image, media_type, json) VALUES (?, ?, ?) "
      "ON CONFLICT (image) DO UPDATE SET media_type = excluded.media_type, json = excluded.json",
      {image_id, std::string(media_type), std::string(json)});
}

base::Result<std::optional<ImageStore::StoredManifest>> ImageStore::manifest(const std::string& image_id) {
  std::optional<StoredManifest> out;
  TRY(database_.run("SELECT media_type, json FROM image_manifests WHERE image = ?", {image_id},
                    [&](const sys::Row& row) {
                      out = {row.text(0), row.text(1)};
                    }));
  return out;
}

base::Result<> ImageStore::replace_annotations(const std::string& image_id,
                                               const std::map<std::string, std::string>& annotations) {
  // A build that makes the same image again writes nothing.
  if (TRY(this->annotations(image_id)) == annotations) return {};
  TRY(database_.run("DELETE FROM image_annotations WHERE image = ?", {image_id}));
  for (const auto& [name, value] : annotations) {
    TRY(database_.run("INSERT INTO image_annotations (image, name, value) VALUES (?, ?, ?)",
                      {image_id, name, value}));
  }
  return {};
}

base::Result<std::map<std::string, std::string>> ImageStore::annotations(const std::string& image_id) {
  std::map<std::string, std::string> out;
  TRY(database_.run("SELECT name, value FROM image_annotations WHERE image = ?", {image_id},
                    [&](const sys::Row& row) { out[row.text(0)] = row.text(1); }));
  return out;
}

base::Result<std::vector<std::string>> ImageStore::repositories_with(const std::string& snapshot,
                                                                     std::string_view registry) {
  std::vector<std::string> out;
  TRY(database_.run(
      "SELECT DISTINCT d.repository FROM image_layers l JOIN image_digests d ON d.image = l.image "
      "WHERE l.snapshot = ? ORDER BY d.repository",
      {snapshot}, [&](const sys::Row& row) {
        const std::string repository = row.text(0);
        const auto [host, path] = base::split_once(repository, '/');
        if (host == registry) out.emplace_back(path);
      }));
  return out;
}

}  // namespace runtime::image
