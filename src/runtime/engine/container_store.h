// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/engine/container_record.h"
#include "sys/database.h"

namespace runtime::engine {

/// The containers table: one row a container, its record as JSON. Callers may share one store between
/// threads; each method is one transaction.
class ContainerStore {
 public:
  static base::Result<ContainerStore> open(sys::Database& database);

  /// Conflict when the name is taken. `also` runs in the same transaction.
  base::Result<> insert(const ContainerRecord& record, const std::function<base::Result<>()>& also);
  base::Result<> update(const ContainerRecord& record);
  /// Removes the row and runs `also` in one transaction. Gone already: success.
  base::Result<> remove(const std::string& id, const std::function<base::Result<>()>& also);
  /// Conflict when the name is taken.
  base::Result<> rename(const std::string& id, const std::string& name);

  /// By ID, name, or unique ID prefix. NotFound; Conflict for a prefix of several.
  base::Result<ContainerRecord> find(const std::string& container);
  /// All, or those of one project (label com.docker.compose.project), sorted by name.
  base::Result<std::vector<ContainerRecord>> list(const std::string& project);
  base::Result<std::vector<std::string>> list_ids();
  /// Whether there is a container at all.
  base::Result<bool> any();
  /// Names of the containers that are made from the image with this ID, or mount it.
  base::Result<std::vector<std::string>> users_of_image(const std::string& image_id);

 private:
  explicit ContainerStore(sys::Database& database) : database_(&database) {}
  sys::Database* database_;
};

}  // namespace runtime::engine
