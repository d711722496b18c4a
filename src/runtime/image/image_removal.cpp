// SPDX-License-Identifier: Apache-2.0
// Taking names and images away.
#include <algorithm>
#include <ctime>
#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/image/image_store.h"
#include "sys/path_at.h"

namespace runtime::image {

namespace {

base::Error in_use(std::string_view image, const std::vector<std::string>& users) {
  return base::make_error(
             base::ErrorClass::Conflict,
             fmt::format("image {} is used by {}: {}", image,
                         users.size() == 1 ? "a container" : "containers", base::join(users, ", ")))
      .with_hint("remove the container first, or use --force to take the name away only");
}

std::string repository_of(const model::ImageReference& reference) {
  return reference.registry + "/" + reference.repository;
}

/// Takes the name away that was asked for, if the image has others. False: it is none, or the only one.
base::Result<bool> take_one_name(sys::Database& database, const Image& image, std::string_view asked) {
  const auto reference = model::ImageReference::parse(asked);
  if (!reference) return false;
  const std::string repository = repository_of(*reference);
  bool found = false;
  const auto note = [&](const sys::Row&) { found = true; };
  if (reference->digest) {
    if (image.tags.size() + image.repo_digests.size() < 2) return false;
    TRY(database.run(
        "DELETE FROM image_digests WHERE image = ? AND repository = ? AND digest = ? RETURNING 1",
        {image.id, repository, reference->digest->text()}, note));
    return found;
  }
  const auto elsewhere =
      std::count_if(image.repo_digests.begin(), image.repo_digests.end(), [&](const std::string& digest) {
        const auto other = model::ImageReference::parse(digest);
        return other && repository_of(*other) != repository;
      });
  if (std::ssize(image.tags) + elsewhere < 2) return false;
  TRY(database.run("DELETE FROM image_tags WHERE image = ? AND reference = ? RETURNING 1",
                   {image.id, reference->canonical_text()}, note));
  if (!found) return false;
  // Digests of a repository that the image has no tag of any more are no names of their own.
  TRY(database.run(
      "DELETE FROM image_digests WHERE image = ?1 AND repository = ?2 AND NOT EXISTS "
      "(SELECT 1 FROM image_tags WHERE image = ?1 AND reference > ?2 || ':' AND reference < ?2 || ';')",
      {image.id, repository}));
  return true;
}

}  // namespace

base::Result<std::vector<std::string>> ImageStore::take_tags(const std::string& id) {
  const std::vector<std::string> tags = TRY(tags_of(id));
  TRY(database_.run("DELETE FROM image_tags WHERE image = ?", {id}));
  return tags;
}

base::Result<Removal> ImageStore::remove(std::string_view image, RemoveMode mode, const ImageUsers& users) {
  Removal removal;
  const std::string id = TRY(find_id(image));
  bool has_others = false;
  TRY(database_.transaction([&]() -> base::Result<> {
    const auto found = read_image(id);
    // One that cannot be read goes with all its names.
    if (!found && found.error().error_class == base::ErrorClass::Invalid) return {};
    if (!found) return base::fail(found.error());
    has_others = TRY(take_one_name(database_, *found, image));
    return {};
  }));
  if (has_others) {
    removal.untagged.push_back(TRY(model::ImageReference::parse(image)).familiar_text());
    return removal;
  }
  const std::vector<std::string> tags = TRY(tags_of(id));
  if (tags.size() > 1 && mode == RemoveMode::Careful) {
    return base::fail(
        base::make_error(base::ErrorClass::Conflict,
                         fmt::format("image {} has several names: {}", image, base::join(tags, ", ")))
            .with_hint("remove the names one by one, or use --force"));
  }
  const std::vector<std::string> in_the_way = TRY(delete_image(id, users, removal));
  if (in_the_way.empty()) return removal;
  if (mode == RemoveMode::Careful) return base::fail(in_use(image, in_the_way));
  removal.untagged = TRY(take_tags(id));
  return removal;
}

base::Result<std::vector<std::string>> ImageStore::delete_image(const std::string& id,
                                                                const ImageUsers& users, Removal& removal) {
  std::vector<std::string> free, in_the_way;
  std::vector<model::Digest> statements;
  TRY(database_.transaction([&]() -> base::Result<> {
    if (users) in_the_way = TRY(users(id));
    if (!in_the_way.empty()) return {};
    statements = TRY(forget_attestations(id));
    const std::vector<std::string> tags = TRY(take_tags(id));
    removal.untagged.insert(removal.untagged.end(), tags.begin(), tags.end());
    TRY(database_.run("DELETE FROM image_digests WHERE image = ?", {id}));
    TRY(database_.run("DELETE FROM image_manifests WHERE image = ?", {id}));
    TRY(database_.run("DELETE FROM image_annotations WHERE image = ?", {id}));
    TRY(database_.run("DELETE FROM image_layers WHERE image = ?", {id}));
    TRY(database_.run("DELETE FROM images WHERE id = ? RETURNING 1", {id},
                      [&](const sys::Row&) { removal.deleted.push_back(id); }));
    TRY(database_.run("DELETE FROM image_tag_times WHERE reference NOT IN (SELECT reference FROM image_tags)",
                      {}));
    free = TRY(snapshots_.release("image:" + id));
    return {};
  }));
  if (!in_the_way.empty()) return in_the_way;
  for (const model::Digest& statement : statements) removal.freed += TRY(remove_unused_blob(statement));
  removal.freed += TRY(snapshots_.remove_unheld(free));
  removal.freed += TRY(forget_lost_layers());
  return in_the_way;
}

base::Result<std::int64_t> ImageStore::forget_lost_layers() {
  std::int64_t freed = 0;
  TRY(database_.transaction([&]() -> base::Result<> {
    std::vector<std::string> candidates;
    TRY(
        database_.run("DELETE FROM image_layer_content WHERE snapshot NOT IN (SELECT id FROM snapshots) "
                      "RETURNING blob, skeleton",
                      {}, [&](const sys::Row& row) {
                        for (const int column : {0, 1}) {
                          if (!row.is_null(column)) candidates.push_back(row.text(column));
                        }
                      }));
    for (const std::string& blob : candidates)
      freed += TRY(remove_unused_blob(TRY(model::Digest::parse(blob))));
    return {};
  }));
  return freed;
}

base::Result<std::int64_t> ImageStore::remove_unused_blob(const model::Digest& digest) {
  std::int64_t freed = 0;
  // Inside a transaction: nobody can record a layer with this blob meanwhile.
  TRY(database_.transaction([&]() -> base::Result<> {
    bool used = false;
    TRY(
        database_.run("SELECT 1 FROM image_layer_content WHERE blob = ?1 OR skeleton = ?1 UNION ALL "
                      "SELECT 1 FROM image_attestations WHERE blob = ?1 LIMIT 1",
                      {digest.text()}, [&](const sys::Row&) { used = true; }));
    if (used) return {};
    freed = content_.size(digest).value_or(0);
    return content_.remove(digest);
  }));
  return freed;
}

base::Result<std::vector<model::Digest>> ImageStore::find_orphans(std::chrono::seconds age) {
  std::set<std::string> known;
  TRY(
      database_.run("SELECT blob FROM image_layer_content WHERE blob IS NOT NULL UNION "
                    "SELECT skeleton FROM image_layer_content WHERE skeleton IS NOT NULL UNION "
                    "SELECT blob FROM image_attestations",
                    {}, [&](const sys::Row& row) { known.insert(row.text(0)); }));
  std::vector<model::Digest> out;
  for (const model::Digest& digest : TRY(content_.list())) {
    if (known.contains(digest.text())) continue;
    const auto fd = content_.open(digest);
    if (!fd) continue;
    const std::time_t since = std::time(nullptr) - TRY(sys::stat_fd(fd->value())).st_mtime;
    if (since >= age.count()) out.push_back(digest);
  }
  return out;
}

base::Result<Removal> ImageStore::prune(PruneMode mode, const ImageUsers& users, const ImageFilter& filter) {
  Removal removal;
  // Asked in the transaction: it may have got a name, or a container, meanwhile.
  const ImageUsers keepers = [&](const std::string& id) -> base::Result<std::vector<std::string>> {
    std::vector<std::string> names;
    if (mode == PruneMode::Dangling) names = TRY(tags_of(id));
    if (!names.empty() || !users) return names;
    return users(id);
  };
  for (const std::string& id : TRY(list_ids())) {
    if (mode == PruneMode::Dangling && !TRY(tags_of(id)).empty()) continue;
    const auto image = read_image(id);
    if (!image && image.error().error_class == base::ErrorClass::NotFound) continue;  // Removed meanwhile.
    const bool unreadable = !image && image.error().error_class == base::ErrorClass::Invalid;
    if (!image && !unreadable) return base::fail(image.error());
    // One that cannot be read has no labels, and is as old as can be.
    if (filter && !filter(unreadable ? ImageConfig{} : image->config)) continue;
    TRY(delete_image(id, keepers, removal));
  }
  removal.freed += TRY(forget_lost_layers());
  for (const model::Digest& orphan : TRY(find_orphans(kOrphanAge))) {
    removal.freed += content_.size(orphan).value_or(0);
    TRY(content_.remove(orphan));
  }
  removal.freed += TRY(content_.sweep(Unfinished::Remove));
  return removal;
}

}  // namespace runtime::image
