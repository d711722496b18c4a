// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/oci/spec_parts.h"

namespace runtime::oci {
namespace {

constexpr std::int64_t kDefaultShmSize = 64 << 20;

/// /dev/shm and /dev/mqueue follow the IPC namespace.
void add_ipc_mounts(const model::ContainerSpec& request, const SpecInputs& inputs,
                    std::vector<Mount>& mounts) {
  if (request.ipc_mode == "host") {
    mounts.push_back({"/dev/mqueue", "bind", "/dev/mqueue", {"rbind", "nosuid", "noexec", "nodev"}, {}});
    mounts.push_back({"/dev/shm", "bind", "/dev/shm", {"rbind", "nosuid", "noexec", "nodev"}, {}});
    return;
  }
  mounts.push_back({"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}, {}});
  if (!inputs.shm_path.empty()) {
    mounts.push_back({"/dev/shm", "bind", inputs.shm_path, {"rbind", "nosuid", "noexec", "nodev"}, {}});
    return;
  }
  const std::int64_t size = request.resources.shm_size ? request.resources.shm_size->bytes : kDefaultShmSize;
  mounts.push_back({"/dev/shm",
                    "tmpfs",
                    "shm",
                    {"nosuid", "noexec", "nodev", "mode=1777", fmt::format("size={}", size)},
                    {}});
}

std::vector<Mount> default_mounts(const model::ContainerSpec& request, const SpecInputs& inputs) {
  std::vector<Mount> mounts;
  mounts.push_back({"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}, {}});
  mounts.push_back({"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}, {}});
  mounts.push_back({"/dev/pts",
                    "devpts",
                    "devpts",
                    {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"},
                    {}});
  const char* access = request.privileged ? "rw" : "ro";
  mounts.push_back({"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", access}, {}});
  mounts.push_back({"/sys/fs/cgroup", "cgroup", "cgroup", {access, "nosuid", "noexec", "nodev"}, {}});
  add_ipc_mounts(request, inputs, mounts);
  return mounts;
}

base::Result<> check_target(const model::MountSpec& mount) {
  if (mount.target.empty() || mount.target.front() != '/') {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("mount target \"{}\" is not an absolute path", mount.target));
  }
  if (mount.target.find_first_not_of("/.") == std::string::npos) {
    return base::fail(base::ErrorClass::Invalid, "a mount cannot cover the container's root");
  }
  return {};
}

base::Result<Mount> make_bind(const model::MountSpec& mount, const SpecInputs& inputs) {
  if (!mount.selinux.empty() && inputs.selinux_enabled) {
    return base::fail(base::ErrorClass::Unsupported,
                      fmt::format("{}: SELinux relabeling ({}) is not supported by the bundled engine",
                                  mount.target, mount.selinux));
  }
  Mount made{mount.target, "bind", mount.source, {}, mount.subpath};
  made.options.emplace_back(mount.recursive == "disabled" ? "bind" : "rbind");
  if (mount.read_only) made.options.emplace_back(mount.recursive == "writable" ? "ro" : "rro");
  made.options.push_back(mount.propagation.empty() ? "rprivate" : mount.propagation);
  return made;
}

bool is_flag_pair(std::string_view a, std::string_view b) {
  constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
      {"ro", "rw"}, {"exec", "noexec"}, {"suid", "nosuid"}, {"dev", "nodev"}, {"atime", "noatime"}};
  for (const auto& [one, other] : kPairs) {
    if ((a == one && b == other) || (a == other && b == one)) return true;
  }
  return false;
}

/// What the user writes wins over the defaults.
void set_option(std::vector<std::string>& options, const std::string& option) {
  const auto same = [&option](const std::string& other) {
    const auto equals = option.find('=');
    const bool same_key = equals != std::string::npos &&
                          std::string_view(other).substr(0, equals + 1) == option.substr(0, equals + 1);
    return other == option || same_key || is_flag_pair(other, option);
  };
  options.erase(std::remove_if(options.begin(), options.end(), same), options.end());
  options.push_back(option);
}

Mount make_tmpfs(const model::MountSpec& mount) {
  Mount made{mount.target, "tmpfs", "tmpfs", {"noexec", "nosuid", "nodev"}, {}};
  for (const std::string& option : base::split(mount.tmpfs_options, ',')) {
    if (!option.empty()) set_option(made.options, option);
  }
  if (mount.tmpfs_size) set_option(made.options, fmt::format("size={}", mount.tmpfs_size->bytes));
  if (mount.tmpfs_mode) set_option(made.options, fmt::format("mode={:o}", *mount.tmpfs_mode));
  if (mount.read_only) set_option(made.options, "ro");
  return made;
}

base::Result<Mount> make_mount(const model::MountSpec& mount, const SpecInputs& inputs) {
  TRY(check_target(mount));
  switch (mount.type) {
    case model::MountType::Bind:
    case model::MountType::Volume: return make_bind(mount, inputs);
    case model::MountType::Tmpfs: return make_tmpfs(mount);
    case model::MountType::Image: break;
  }
  return base::fail(base::ErrorClass::Internal,
                    fmt::format("{}: the image mount was not resolved", mount.target));
}

std::size_t depth(const std::string& path) {
  return static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}

std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

/// A mount of the user's takes the place of a default one, and with /dev of all below it.
void drop_covered(std::vector<Mount>& defaults, const std::string& target) {
  defaults.erase(std::remove_if(defaults.begin(), defaults.end(),
                                [&target](const Mount& mount) {
                                  return mount.destination == target ||
                                         (target == "/dev" && mount.destination.starts_with("/dev/"));
                                }),
                 defaults.end());
}

}  // namespace

base::Result<> add_mounts(const model::ContainerSpec& request, const SpecInputs& inputs, Spec& spec) {
  spec.mounts = default_mounts(request, inputs);
  std::vector<Mount> own;
  for (const model::MountSpec& asked : inputs.mounts) {
    Mount mount = TRY(make_mount(asked, inputs));
    mount.destination = without_trailing_slash(std::move(mount.destination));
    drop_covered(spec.mounts, mount.destination);
    // Another runtime must not cut the host off from the root before it makes such a mount.
    if (asked.propagation.ends_with("shared")) spec.linux_.rootfs_propagation = "shared";
    if (asked.propagation.ends_with("slave") && spec.linux_.rootfs_propagation.empty()) {
      spec.linux_.rootfs_propagation = "slave";
    }
    own.push_back(std::move(mount));
  }
  // A parent before what lies in it, whatever order they were written in.
  std::stable_sort(own.begin(), own.end(), [](const Mount& a, const Mount& b) {
    return depth(a.destination) < depth(b.destination);
  });
  spec.mounts.insert(spec.mounts.end(), own.begin(), own.end());
  return {};
}

}  // namespace runtime::oci
