// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/container_store.h"

#include <fmt/format.h>

#include "model/labels.h"

namespace runtime::engine {
namespace {

constexpr std::size_t kIdLength = 64;

std::string project_of(const ContainerRecord& record) {
  const auto found = record.spec.labels.find(std::string(model::labels::kProject));
  return found == record.spec.labels.end() ? std::string() : found->second;
}

}  // namespace

base::Result<ContainerStore> ContainerStore::open(sys::Database& database) {
  TRY(
      database.create_tables("CREATE TABLE IF NOT EXISTS containers("
                             "id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, project TEXT NOT NULL, "
                             "image_id TEXT NOT NULL, record TEXT NOT NULL) WITHOUT ROWID;"
                             "CREATE INDEX IF NOT EXISTS containers_project ON containers(project);"
                             "CREATE TABLE IF NOT EXISTS containers_mounted_images("
                             "image_id TEXT NOT NULL, container TEXT NOT NULL REFERENCES containers(id) "
                             "ON DELETE CASCADE, PRIMARY KEY(image_id, container)) WITHOUT ROWID;"
                             "CREATE INDEX IF NOT EXISTS containers_mounted_images_by_container "
                             "ON containers_mounted_images(container);"));
  return ContainerStore(database);
}

base::Result<> ContainerStore::insert(const ContainerRecord& record,
                                      const std::function<base::Result<>()>& also) {
  const std::string encoded = encode_record(record);
  return database_->transaction([&]() -> base::Result<> {
    std::string holder;
    TRY(database_->run("SELECT id FROM containers WHERE name = ?", {record.spec.name},
                       [&](const sys::Row& row) { holder = row.text(0); }));
    if (!holder.empty()) {
      return base::fail(
          base::make_error(base::ErrorClass::Conflict,
                           fmt::format("the container name \"{}\" is already in use by container {}",
                                       record.spec.name, holder.substr(0, 12)))
              .with_hint("remove or rename that container to use the name again"));
    }
    TRY(database_->run("INSERT INTO containers VALUES(?, ?, ?, ?, ?)",
                       {record.id, record.spec.name, project_of(record), record.image_id, encoded}));
    for (const ResolvedMount& mount : record.mounts) {
      if (mount.image_id.empty()) continue;
      TRY(database_->run("INSERT INTO containers_mounted_images VALUES(?, ?) ON CONFLICT DO NOTHING",
                         {mount.image_id, record.id}));
    }
    return also ? also() : base::Result<>{};
  });
}

base::Result<> ContainerStore::update(const ContainerRecord& record) {
  return database_->run("UPDATE containers SET record = ? WHERE id = ?", {encode_record(record), record.id});
}

base::Result<> ContainerStore::remove(const std::string& id, const std::function<base::Result<>()>& also) {
  return database_->transaction([&]() -> base::Result<> {
    TRY(database_->run("DELETE FROM containers WHERE id = ?", {id}));
    return also ? also() : base::Result<>{};
  });
}

base::Result<> ContainerStore::rename(const std::string& id, const std::string& name) {
  return database_->transaction([&]() -> base::Result<> {
    bool taken = false;
    TRY(database_->run("SELECT 1 FROM containers WHERE name = ? AND id <> ?", {name, id},
                       [&](const sys::Row&) { taken = true; }));
    if (taken) {
      return base::fail(base::ErrorClass::Conflict,
                        fmt::format("the container name \"{}\" is already in use", name));
    }
    ContainerRecord record = TRY(find(id));
    record.spec.name = name;
    return database_->run("UPDATE containers SET name = ?, record = ? WHERE id = ?",
                          {name, encode_record(record), id});
  });
}

base::Result<ContainerRecord> ContainerStore::find(const std::string& container) {
  std::vector<std::string> found;
  const auto collect = [&](const sys::Row& row) { found.push_back(row.text(0)); };
  TRY(database_->run("SELECT record FROM containers WHERE id = ? OR name = ?", {container, container},
                     collect));
  const bool maybe_prefix = !container.empty() && container.size() < kIdLength &&
                            container.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (found.empty() && maybe_prefix) {
    TRY(database_->run("SELECT record FROM containers WHERE id >= ? AND id < ?", {container, container + "g"},
                       collect));
  }
  if (found.empty()) {
    return base::fail(base::ErrorClass::NotFound, fmt::format("no such container: {}", container));
  }
  if (found.size() > 1) {
    return base::fail(base::ErrorClass::Conflict,
                      fmt::format("several containers have an ID that starts with {}", container));
  }
  return decode_record(found.front());
}

base::Result<std::vector<ContainerRecord>> ContainerStore::list(const std::string& project) {
  std::vector<std::string> texts;
  const auto collect = [&](const sys::Row& row) { texts.push_back(row.text(0)); };
  if (project.empty()) {
    TRY(database_->run("SELECT record FROM containers ORDER BY name", {}, collect));
  } else {
    TRY(database_->run("SELECT record FROM containers WHERE project = ? ORDER BY name", {project}, collect));
  }
  std::vector<ContainerRecord> records;
  records.reserve(texts.size());
  for (const std::string& text : texts) records.push_back(TRY(decode_record(text)));
  return records;
}

base::Result<std::vector<std::string>> ContainerStore::list_ids() {
  std::vector<std::string> ids;
  TRY(database_->run("SELECT id FROM containers", {},
                     [&](const sys::Row& row) { ids.push_back(row.text(0)); }));
  return ids;
}

base::Result<bool> ContainerStore::any() {
  bool found = false;
  TRY(database_->run("SELECT 1 FROM containers LIMIT 1", {}, [&](const sys::Row&) { found = true; }));
  return found;
}

base::Result<std::vector<std::string>> ContainerStore::users_of_image(const std::string& image_id) {
  std::vector<std::string> names;
  TRY(
      database_->run("SELECT name FROM containers WHERE image_id = ?1 OR id IN "
                     "(SELECT container FROM containers_mounted_images WHERE image_id = ?1) ORDER BY name",
                     {image_id}, [&](const sys::Row& row) { names.push_back(row.text(0)); }));
  return names;
}

}  // namespace runtime::engine
