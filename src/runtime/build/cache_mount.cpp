// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/cache_mount.h"

#include <fcntl.h>

#include <map>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/build/copy_files.h"
#include "sys/file.h"
#include "sys/file_lock.h"
#include "sys/path_at.h"
#include "sys/tree_copy.h"

namespace runtime::build {
namespace {

/// sharing=private takes the first place nobody uses; more than this at a time is no cache any more.
constexpr int kMostPrivatePlaces = 64;

std::string mounts_folder(const std::string& data_root) { return data_root + "/build/mounts"; }

struct FolderRights {
  sys::Ownership owner;
  std::uint32_t mode = 0755;
};

/// The first content of a new place: what `from` has at `source`. Gives the rights of that folder.
base::Result<FolderRights> fill(BuildJob& job, const PreparedMount& prepared, const std::string& folder) {
  FolderRights rights;
  if (prepared.tree == nullptr) return rights;
  ScanOptions options;
  options.wildcards = false;
  auto scanned = TRY(scan_source(*prepared.tree, prepared.mount.source, options));
  LayerWriter writer = TRY(LayerWriter::open(folder, {}, timespec{}));
  const CopyTarget target{.path = "/", .owner = {}, .mode = {}, .parents = false};
  TRY(copy_sources(*prepared.tree, scanned, target, writer, nullptr, job.cancellation));
  TRY(writer.finish());
  const FileFacts& facts = scanned.front().entries.front().facts;
  if (facts.is_folder()) rights.mode = facts.mode & 07777;
  if (facts.is_folder() && prepared.tree->owners == Owners::Keep) rights.owner = {facts.uid, facts.gid};
  return rights;
}

/// Makes the place's folder, by rename so that it is whole when it is there.
base::Result<> make_place(BuildJob& job, const PreparedMount& prepared, const std::string& place) {
  if (sys::path_exists(place + "/fs")) return {};
  const RunMount& mount = prepared.mount;
  TRY(sys::make_directories(place, 0700));
  const std::string fresh = fmt::format("{}/new-{}", place, job.new_id());
  TRY(sys::make_directories(fresh, 0700));
  const FolderRights rights = TRY(fill(job, prepared, fresh));
  const sys::UniqueFd parent = TRY(sys::open_file(place, O_PATH | O_DIRECTORY));
  const std::string name = fresh.substr(place.size() + 1);
  const sys::Ownership owner{mount.uid.value_or(rights.owner.uid), mount.gid.value_or(rights.owner.gid)};
  TRY(sys::set_owner_at(parent.value(), name, owner));
  TRY(sys::set_mode_at(parent.value(), name, mount.mode.value_or(rights.mode)));
  TRY(sys::write_file(place + "/id", mount.id, 0600));
  const auto renamed = sys::rename_at(parent.value(), name, parent.value(), "fs");
  if (renamed) return {};
  // Another build was first: its place is as good.
  TRY(sys::remove_tree(fresh));
  return sys::path_exists(place + "/fs") ? base::Result<>() : renamed;
}

/// Another owner, mode or first content makes it another cache, as its files would not fit.
std::string cache_name(const PreparedMount& prepared) {
  const RunMount& mount = prepared.mount;
  const bool as_source = prepared.tree != nullptr;
  const auto number = [&](const std::optional<std::uint32_t>& given, std::uint32_t otherwise) {
    return as_source && !given ? "source" : fmt::format("{:o}", given.value_or(otherwise));
  };
  return make_key({mount.id, number(mount.uid, 0), number(mount.gid, 0), number(mount.mode, 0755),
                   prepared.seen.checksum});
}

struct PrivatePlace {
  std::string folder;
  sys::UniqueFd lock;
};
base::Result<PrivatePlace> take_private(const std::string& cache, const std::string& id) {
  for (int number = 0; number < kMostPrivatePlaces; ++number) {
    std::string folder = fmt::format("{}/{}", cache, number);
    auto lock = TRY(sys::try_lock_file(folder + ".lock"));
    if (lock) return PrivatePlace{std::move(folder), *std::move(lock)};
  }
  return base::fail(base::ErrorClass::Conflict,
                    fmt::format("--mount: {} builds use the cache '{}' already", kMostPrivatePlaces, id));
}

}  // namespace

base::Result<CacheMounts> open_cache_mounts(BuildJob& job, const std::vector<PreparedMount>& mounts) {
  std::map<std::string, sys::LockKind> waits;
  for (const PreparedMount& prepared : mounts) {
    const RunMount& mount = prepared.mount;
    if (mount.type != RunMountType::Cache || mount.sharing == CacheSharing::Private) continue;
    sys::LockKind& kind = waits.try_emplace(cache_name(prepared), sys::LockKind::Shared).first->second;
    if (mount.sharing == CacheSharing::Locked) kind = sys::LockKind::Exclusive;
  }
  CacheMounts out;
  // Each once, in the order every step keeps to: nobody waits for somebody who waits for him. Private places
  // come last, as one that is held must not make others wait for a step that waits itself.
  for (const auto& [name, kind] : waits) {
    const std::string cache = fmt::format("{}/{}", mounts_folder(job.data_root), name);
    TRY(sys::make_directories(cache, 0700));
    out.locks.push_back(TRY(sys::lock_file(cache + "/0.lock", kind, job.cancellation)));
  }
  for (const PreparedMount& prepared : mounts) {
    const RunMount& mount = prepared.mount;
    if (mount.type != RunMountType::Cache) continue;
    const std::string cache = fmt::format("{}/{}", mounts_folder(job.data_root), cache_name(prepared));
    std::string place = cache + "/0";
    if (mount.sharing == CacheSharing::Private) {
      TRY(sys::make_directories(cache, 0700));
      PrivatePlace own = TRY(take_private(cache, mount.id));
      place = std::move(own.folder);
      out.locks.push_back(std::move(own.lock));
    }
    TRY_WHILE(make_place(job, prepared, place), fmt::format("making the cache mount '{}'", mount.id));
    out.folders.push_back(place + "/fs");
  }
  return out;
}

base::Result<std::vector<CacheRecord>> list_cache_mounts(const std::string& data_root) {
  std::vector<CacheRecord> records;
  const std::string base = mounts_folder(data_root);
  if (!sys::path_exists(base)) return records;
  for (const std::string& hash : TRY(sys::list_directory(base))) {
    for (const std::string& number : TRY(sys::list_directory(fmt::format("{}/{}", base, hash)))) {
      if (number.ends_with(".lock")) continue;
      const std::string place = fmt::format("{}/{}/{}", base, hash, number);
      const auto folder = sys::open_file(place + "/fs", O_RDONLY | O_DIRECTORY);
      if (!folder) continue;
      const auto status = TRY(sys::stat_fd(folder->value()));
      const auto usage = TRY(sys::measure_tree(folder->value()));
      const auto id = sys::read_file(place + "/id", 64u << 10);
      const std::int64_t changed = status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec;
      records.push_back({.id = fmt::format("mount:{}/{}", hash, number),
                         .description = fmt::format("cache mount {}", id ? *id : hash),
                         .size = usage.bytes,
                         .created_ns = changed,
                         .last_used_ns = changed});
    }
  }
  return records;
}

base::Result<std::int64_t> remove_cache_mount(const std::string& data_root, const std::string& id) {
  const auto [hash, number] = base::split_once(std::string_view(id).substr(sizeof "mount:" - 1), '/');
  const std::string place = fmt::format("{}/{}/{}", mounts_folder(data_root), hash, number);
  const auto lock = TRY(sys::try_lock_file(place + ".lock"));
  if (!lock) return std::int64_t{0};
  const auto folder = sys::open_file(place + "/fs", O_RDONLY | O_DIRECTORY);
  const std::int64_t bytes = folder ? TRY(sys::measure_tree(folder->value())).bytes : 0;
  TRY(sys::remove_tree(place));
  return bytes;
}

}  // namespace runtime::build
