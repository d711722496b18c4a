// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "model/network_spec.h"
#include "model/observed.h"
#include "sys/database.h"
#include "sys/fd.h"

namespace runtime::volume {

/// `<data root>/volumes/<name>/_data`: what a container mounts. `name` must have passed check_name().
std::string data_path(const std::string& data_root, const std::string& name);

/// Letters, digits, '_', '.', '-', starting with a letter or digit, at most 255: safe as a folder's name.
base::Result<> check_name(const std::string& name);

/// The volumes of one data root: rows in the database, folders below `<data root>/volumes`. Safe for
/// several threads and processes. A volume is filled at most once, before anybody has written to it.
class VolumeStore {
 public:
  static base::Result<std::unique_ptr<VolumeStore>> open(sys::Database& database, std::string data_root);

  /// Sorted by name.
  base::Result<std::vector<model::ObservedVolume>> list();
  base::Result<model::ObservedVolume> inspect(const std::string& name);
  /// There already with the same driver and options: success, its labels stay. Conflict when they differ.
  /// Unsupported for a driver or option that is not known here, by name.
  base::Result<> create(const model::VolumeSpec& spec);
  /// Conflict while a container uses it. NotFound.
  base::Result<> remove(const std::string& name);

  /// Who mounts what; call in the transaction that records the container, or takes it away.
  base::Result<> add_user(const std::string& name, const std::string& container);
  base::Result<> remove_user(const std::string& container);

  /// What a fresh, empty volume starts with: `content` opens the folder to copy, with its owner and mode;
  /// an empty descriptor means nothing. Called at most once in a volume's life, under a lock: Cancelled while
  /// waiting for that. A crash half-way leaves the volume fresh.
  using Content = std::function<base::Result<sys::UniqueFd>()>;
  base::Result<> fill(const std::string& name, const Content& content,
                      const base::Cancellation& cancellation);

 private:
  VolumeStore(sys::Database& database, std::string data_root)
      : database_(database), data_root_(std::move(data_root)) {}
  base::Result<std::vector<model::ObservedVolume>> read(const std::string& name);
  base::Result<bool> is_fresh(const std::string& name);

  sys::Database& database_;
  std::string data_root_;
};

}  // namespace runtime::volume
