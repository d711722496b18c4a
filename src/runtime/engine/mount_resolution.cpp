// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/mount_resolution.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/split.h"
#include "sys/sha256.h"

namespace runtime::engine {
namespace {

constexpr std::size_t kVolumeNameBytes = 32;

/// "id:ro" and "id:rw": who may write is told after the colon.
bool is_read_only_donor(const std::string& entry) { return entry.ends_with(":ro"); }

}  // namespace

std::string clean_path(std::string_view path) {
  std::vector<std::string> kept;
  for (std::string& part : base::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.push_back(std::move(part));
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  return "/" + base::join(kept, "/");
}

base::Result<std::vector<ResolvedMount>> resolve_mounts(const model::ContainerSpec& spec,
                                                        const model::ObservedImage& image,
                                                        const std::vector<ContainerRecord>& donors) {
  std::map<std::string, ResolvedMount> by_target;  // sorted: a parent precedes what is below it
  for (const model::MountSpec& asked : spec.mounts) {
    if (!asked.target.starts_with('/')) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("mount target \"{}\" must be an absolute path", asked.target));
    }
    ResolvedMount mount{.spec = asked};
    mount.spec.target = clean_path(asked.target);
    if (asked.type == model::MountType::Volume && asked.source.empty()) {
      mount.anonymous = true;
      mount.spec.source = sys::random_hex(kVolumeNameBytes);
    }
    const std::string target = mount.spec.target;
    if (!by_target.emplace(target, std::move(mount)).second) {
      return base::fail(base::ErrorClass::Invalid, fmt::format("duplicate mount target: {}", target));
    }
  }
  for (std::size_t i = 0; i < donors.size(); ++i) {
    for (ResolvedMount mount : donors[i].mounts) {
      if (i < spec.volumes_from.size() && is_read_only_donor(spec.volumes_from[i])) {
        mount.spec.read_only = true;
      }
      by_target.emplace(mount.spec.target, mount);
    }
  }
  for (const std::string& declared : image.volumes) {
    ResolvedMount mount{.spec = {}, .anonymous = true};
    mount.spec.type = model::MountType::Volume;
    mount.spec.source = sys::random_hex(kVolumeNameBytes);
    mount.spec.target = clean_path(declared);
    if (mount.spec.target != "/") by_target.emplace(mount.spec.target, mount);
  }
  std::vector<ResolvedMount> mounts;
  for (auto& [target, mount] : by_target) mounts.push_back(std::move(mount));
  return mounts;
}

}  // namespace runtime::engine
