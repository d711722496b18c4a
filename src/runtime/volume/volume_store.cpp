// SPDX-License-Identifier: Apache-2.0
#include "runtime/volume/volume_store.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/suggest.h"
#include "sys/file.h"
#include "sys/file_lock.h"
#include "sys/path_at.h"
#include "sys/tree_copy.h"

namespace runtime::volume {
namespace {

constexpr std::size_t kLongestName = 255;
constexpr std::uint32_t kVolumesFolder = 0711;
constexpr std::array<std::string_view, 3> kLocalOptions = {"device", "o", "type"};

std::string folder_path(const std::string& data_root, const std::string& name) {
  return data_root + "/volumes/" + name;
}

base::Result<> check_options(const model::VolumeSpec& spec) {
  if (!spec.driver.empty() && spec.driver != "local") {
    return base::fail(
        base::make_error(base::ErrorClass::Unsupported,
                         fmt::format("volume {}: the driver \"{}\" is not available", spec.name, spec.driver))
            .with_hint("the bundled engine has the driver local"));
  }
  for (const auto& [key, value] : spec.driver_opts) {
    if (std::find(kLocalOptions.begin(), kLocalOptions.end(), key) == kLocalOptions.end()) {
      return base::fail(base::make_error(base::ErrorClass::Unsupported,
                                         fmt::format("volume {}: unknown option \"{}\"", spec.name, key))
                            .with_hint("the driver local knows type, o and device"));
    }
  }
  return {};
}

bool same_request(const model::ObservedVolume& there, const model::VolumeSpec& asked) {
  return there.driver == (asked.driver.empty() ? "local" : asked.driver) &&
         there.options == asked.driver_opts;
}

}  // namespace

std::string data_path(const std::string& data_root, const std::string& name) {
  return folder_path(data_root, name) + "/_data";
}

base::Result<> check_name(const std::string& name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  const bool starts_well = !name.empty() && std::string_view("_.-").find(name[0]) == std::string_view::npos;
  if (starts_well && name.size() <= kLongestName && name.find_first_not_of(kLetters) == std::string::npos) {
    return {};
  }
  return base::fail(
      base::make_error(base::ErrorClass::Invalid, fmt::format("invalid volume name \"{}\"", name))
          .with_hint("use letters, digits, '_', '.' and '-', starting with a letter or digit"));
}

base::Result<std::unique_ptr<VolumeStore>> VolumeStore::open(sys::Database& database, std::string data_root) {
  TRY(database.create_tables(
      "CREATE TABLE IF NOT EXISTS volumes("
      "name TEXT PRIMARY KEY, driver TEXT NOT NULL, created_ns INTEGER NOT NULL, filled INTEGER NOT NULL"
      ") WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS volume_attributes("
      "volume TEXT NOT NULL REFERENCES volumes ON DELETE CASCADE, kind TEXT NOT NULL, key TEXT NOT NULL, "
      "value TEXT NOT NULL, PRIMARY KEY(volume, kind, key)) WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS volume_users("
      "volume TEXT NOT NULL, container TEXT NOT NULL, PRIMARY KEY(volume, container)) WITHOUT ROWID;"
      "CREATE INDEX IF NOT EXISTS volume_users_container ON volume_users(container);"));
  return std::unique_ptr<VolumeStore>(new VolumeStore(database, std::move(data_root)));
}

base::Result<std::vector<model::ObservedVolume>> VolumeStore::read(const std::string& name) {
  std::vector<model::ObservedVolume> volumes;
  const std::string where = name.empty() ? "" : " WHERE name = ?";
  const std::vector<sys::DatabaseValue> values =
      name.empty() ? std::vector<sys::DatabaseValue>{} : std::vector<sys::DatabaseValue>{name};
  TRY(database_.run("SELECT name, driver, created_ns FROM volumes" + where + " ORDER BY name", values,
                    [&](const sys::Row& row) {
                      model::ObservedVolume volume;
                      volume.name = row.text(0);
                      volume.driver = row.text(1);
                      volume.created = model::TimePoint(std::chrono::nanoseconds(row.integer(2)));
                      volume.mount_point = data_path(data_root_, volume.name);
                      volumes.push_back(std::move(volume));
                    }));
  for (model::ObservedVolume& volume : volumes) {
    TRY(database_.run("SELECT kind, key, value FROM volume_attributes WHERE volume = ?", {volume.name},
                      [&](const sys::Row& row) {
                        auto& target = row.text(0) == "label" ? volume.labels : volume.options;
                        target[row.text(1)] = row.text(2);
                      }));
  }
  return volumes;
}

base::Result<std::vector<model::ObservedVolume>> VolumeStore::list() { return read(""); }

base::Result<model::ObservedVolume> VolumeStore::inspect(const std::string& name) {
  auto found = TRY(read(name));
  if (name.empty() || found.empty()) {
    return base::fail(base::ErrorClass::NotFound, fmt::format("no such volume: {}", name));
  }
  return std::move(found.front());
}

base::Result<> VolumeStore::create(const model::VolumeSpec& spec) {
  TRY(check_name(spec.name));
  TRY(check_options(spec));
  TRY(sys::make_directories(data_root_ + "/volumes", kVolumesFolder));
  return database_.transaction([&]() -> base::Result<> {
    const auto there = TRY(read(spec.name));
    if (!there.empty()) {
      if (same_request(there.front(), spec)) return sys::make_directories(data_path(data_root_, spec.name));
      return base::fail(
          base::ErrorClass::Conflict,
          fmt::format("volume {} exists already with another driver or other options", spec.name));
    }
    TRY(sys::make_directories(data_path(data_root_, spec.name)));
    TRY(database_.run("INSERT INTO volumes VALUES(?, 'local', ?, 0)", {spec.name, base::now_ns()}));
    const auto add = [&](const char* kind,
                         const std::map<std::string, std::string>& entries) -> base::Result<> {
      for (const auto& [key, value] : entries) {
        TRY(database_.run("INSERT INTO volume_attributes VALUES(?, ?, ?, ?)",
                          {spec.name, std::string(kind), key, value}));
      }
      return {};
    };
    TRY(add("label", spec.labels));
    return add("option", spec.driver_opts);
  });
}

base::Result<> VolumeStore::remove(const std::string& name) {
  TRY(check_name(name));
  TRY(database_.transaction([&]() -> base::Result<> {
    TRY(inspect(name));
    std::string user;
    TRY(database_.run("SELECT container FROM volume_users WHERE volume = ?", {name},
                      [&](const sys::Row& row) { user = row.text(0); }));
    if (!user.empty()) {
      return base::fail(base::ErrorClass::Conflict,
                        fmt::format("volume {} is in use by container {}", name, user.substr(0, 12)));
    }
    return database_.run("DELETE FROM volumes WHERE name = ?", {name});
  }));
  return sys::remove_tree(folder_path(data_root_, name));
}

base::Result<> VolumeStore::add_user(const std::string& name, const std::string& container) {
  return database_.run("INSERT OR IGNORE INTO volume_users VALUES(?, ?)", {name, container});
}

base::Result<> VolumeStore::remove_user(const std::string& container) {
  return database_.run("DELETE FROM volume_users WHERE container = ?", {container});
}

base::Result<bool> VolumeStore::is_fresh(const std::string& name) {
  bool fresh = false;
  TRY(database_.run("SELECT filled FROM volumes WHERE name = ?", {name},
                    [&](const sys::Row& row) { fresh = row.integer(0) == 0; }));
  return fresh;
}

base::Result<> VolumeStore::fill(const std::string& name, const Content& content,
                                 const base::Cancellation& cancellation) {
  TRY(check_name(name));
  if (!TRY(is_fresh(name))) return {};
  const std::string folder = folder_path(data_root_, name);
  const auto lock = TRY(sys::lock_file(folder + "/lock", sys::LockKind::Exclusive, cancellation));
  if (!TRY(is_fresh(name))) return {};
  const bool empty = TRY(sys::list_directory(data_path(data_root_, name))).empty();
  const sys::UniqueFd source = empty ? TRY(content()) : sys::UniqueFd();
  if (source.valid()) {
    const std::string half = folder + "/_filling";
    TRY(sys::remove_tree(half));
    TRY(sys::make_directories(half));
    const sys::UniqueFd target = TRY(sys::open_file(half, O_RDONLY | O_DIRECTORY));
    TRY_WHILE(sys::copy_tree(source.value(), target.value(), sys::Whiteouts::Apply),
              fmt::format("filling volume {} from the image", name));
    const struct stat status = TRY(sys::stat_fd(source.value()));
    TRY(sys::set_owner(target.value(), {status.st_uid, status.st_gid}));
    TRY(sys::set_mode(target.value(), status.st_mode & 07777));
    const sys::UniqueFd parent = TRY(sys::open_file(folder, O_RDONLY | O_DIRECTORY));
    TRY(sys::rename_at(parent.value(), "_filling", parent.value(), "_data"));
  }
  return database_.run("UPDATE volumes SET filled = 1 WHERE name = ?", {name});
}

}  // namespace runtime::volume
