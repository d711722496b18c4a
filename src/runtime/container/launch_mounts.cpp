// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "runtime/container/launch_root.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/path_at.h"
#include "sys/path_in_root.h"

namespace runtime::container {
namespace {

using sys::Recursion;
using sys::UniqueFd;

constexpr std::uint64_t kCgroupAttributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/// Files of procfs a bind may cover: programs that show a container's own limits there do so. Anything
/// else below /proc could turn later writes of ours into writes somewhere else.
constexpr std::array<std::string_view, 10> kCoverableProcFiles{
    "/proc/cpuinfo",  "/proc/diskstats", "/proc/loadavg",
    "/proc/meminfo",  "/proc/net/dev",   "/proc/stat",
    "/proc/slabinfo", "/proc/swaps",     "/proc/sys/kernel/ns_last_pid",
    "/proc/uptime"};

std::uint64_t propagation_flag(Propagation propagation) {
  switch (propagation) {
    case Propagation::Private: return MS_PRIVATE;
    case Propagation::Slave: return MS_SLAVE;
    case Propagation::Shared: return MS_SHARED;
    case Propagation::Unbindable: return MS_UNBINDABLE;
  }
  return MS_PRIVATE;
}

Recursion recursion(bool recursive) { return recursive ? Recursion::Recursive : Recursion::Single; }

base::Result<UniqueFd> open_bind(const MountPlan& mount) {
  if (mount.subpath.empty()) return sys::clone_tree(AT_FDCWD, mount.source, recursion(mount.recursive));
  const UniqueFd top = TRY(sys::open_file(mount.source, O_PATH | O_DIRECTORY));
  const UniqueFd below = TRY_WHILE(sys::open_subpath(top.value(), mount.subpath, O_PATH),
                                   fmt::format("opening \"{}\" below {}", mount.subpath, mount.source));
  return sys::clone_tree(below.value(), "", recursion(mount.recursive));
}

base::Result<UniqueFd> open_null_device() {
  UniqueFd null = TRY(sys::open_file("/dev/null", O_PATH | O_NOFOLLOW));
  const struct stat status = TRY(sys::stat_fd(null.value()));
  if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) return null;
  return base::fail(base::ErrorClass::Invalid, "/dev/null of this machine is not the null device");
}

/// Attributes and propagation of a clone of a host's mount.
base::Result<> set_bind_attributes(const MountPlan& mount, int fd) {
  const std::uint64_t propagation = propagation_flag(mount.propagation);
  if (mount.recursive_propagation == mount.recursive_attributes || mount.attributes == 0) {
    return sys::set_mount_attributes(fd, mount.attributes, 0, propagation,
                                     recursion(mount.recursive_propagation));
  }
  TRY(sys::set_mount_attributes(fd, 0, 0, propagation, recursion(mount.recursive_propagation)));
  return sys::set_mount_attributes(fd, mount.attributes, 0, 0, recursion(mount.recursive_attributes));
}

base::Result<UniqueFd> open_target(const MountPlan& mount, int detached, int root) {
  if (detached >= 0) {
    const bool folder = S_ISDIR(TRY(sys::stat_fd(detached)).st_mode);
    if (!folder) return sys::make_file_in_root(root, mount.target);
  }
  // Were /proc or /sys a link of the image's, all we protect in them could be reached around it.
  const bool strict = mount.kind == MountKind::Proc || mount.kind == MountKind::Sysfs;
  return sys::make_directory_in_root(root, mount.target,
                                     strict ? sys::Symlinks::Refuse : sys::Symlinks::FollowInRoot);
}

base::Result<> check_target(const MountPlan& mount, int target) {
  if (mount.kind == MountKind::Proc) return {};
  if (TRY(sys::file_system_magic(target)) != PROC_SUPER_MAGIC) return {};
  const std::string clean = sys::clean_absolute_path(mount.target);
  if (std::find(kCoverableProcFiles.begin(), kCoverableProcFiles.end(), clean) != kCoverableProcFiles.end()) {
    return {};
  }
  return base::fail(base::make_error(base::ErrorClass::Invalid,
                                     fmt::format("\"{}\" lies in /proc and cannot be mounted on", clean))
                        .with_hint("choose a target outside /proc"));
}

/// A tmpfs gets the mode of the folder it covers, unless a mode was asked for or nothing was there.
base::Result<std::string> tmpfs_options(const MountPlan& mount, int root) {
  const bool own_mode = mount.data.starts_with("mode=") || mount.data.find(",mode=") != std::string::npos;
  if (own_mode) return mount.data;
  const base::Result<UniqueFd> covered = sys::open_container_path(root, mount.target, O_PATH | O_DIRECTORY);
  if (!covered) return mount.data;
  const struct stat status = TRY(sys::stat_fd(covered->value()));
  return fmt::format("{}{}mode={:o}", mount.data, mount.data.empty() ? "" : ",", status.st_mode & 07777);
}

base::Result<> apply_cgroup_mount(const MountPlan& mount, const LaunchPlan& plan, HostSources& sources,
                                  int root) {
  const std::uint64_t attributes = mount.attributes | kCgroupAttributes;
  const UniqueFd target = TRY(sys::make_directory_in_root(root, mount.target));
  const std::vector<sys::CgroupDirectory>& directories = plan.cgroup.directories;
  for (const UniqueFd& cgroup : sources.cgroups) {
    TRY(sys::set_mount_attributes(cgroup.value(), attributes, 0, MS_PRIVATE, Recursion::Single));
  }
  if (directories.size() == 1 && directories.front().controller.empty()) {
    return sys::attach_mount(sources.cgroups.front().value(), target.value(), mount.target);
  }
  const UniqueFd folder =
      TRY(sys::mount_filesystem("tmpfs", "cgroup", "mode=755,size=64k", kCgroupAttributes));
  TRY(sys::attach_mount(folder.value(), target.value(), mount.target));
  for (std::size_t i = 0; i < directories.size(); ++i) {
    const std::string name = directories[i].controller.empty() ? "unified" : directories[i].controller;
    const UniqueFd place = TRY(sys::make_directory_in_root(folder.value(), name));
    TRY(sys::attach_mount(sources.cgroups[i].value(), place.value(), mount.target + "/" + name));
  }
  return sys::set_mount_attributes(folder.value(), MOUNT_ATTR_RDONLY, 0, 0, Recursion::Single);
}

/// An overlay of its own inside the container: an image as a volume, a build's context with changes.
base::Result<UniqueFd> open_overlay(const MountPlan& mount) {
  if (mount.layers.empty()) return base::fail(base::ErrorClass::Invalid, "an overlay has no layers");
  const bool merged = mount.layers.size() > 1 || !mount.upper.empty();
  UniqueFd top = merged ? TRY(sys::mount_overlay({mount.layers, mount.upper, mount.work, false}))
                        : TRY(sys::clone_tree(AT_FDCWD, mount.layers.front(), Recursion::Single));
  if (mount.subpath.empty()) return top;
  const UniqueFd below = TRY_WHILE(sys::open_subpath(top.value(), mount.subpath, O_PATH),
                                   fmt::format("opening \"{}\" in the image", mount.subpath));
  auto cloned = sys::clone_tree(below.value(), "", Recursion::Single);
  // Older kernels clone nothing that is not attached anywhere.
  if (!cloned && cloned.error().errno_value == EINVAL)
    return base::fail(base::ErrorClass::Unsupported, "a subpath of an image needs Linux 6.15");
  return cloned;
}

base::Result<> apply_detached(const MountPlan& mount, int detached, int root) {
  const UniqueFd target = TRY(open_target(mount, detached, root));
  TRY(check_target(mount, target.value()));
  return sys::attach_mount(detached, target.value(), mount.target);
}

base::Result<> apply_overlay(const MountPlan& mount, int overlay, int root) {
  const std::uint64_t attributes = mount.attributes | (mount.upper.empty() ? MOUNT_ATTR_RDONLY : 0);
  TRY(sys::set_mount_attributes(overlay, attributes, 0, propagation_flag(mount.propagation),
                                Recursion::Single));
  return apply_detached(mount, overlay, root);
}

base::Result<> apply_bind(const MountPlan& mount, UniqueFd source, int root) {
  TRY(set_bind_attributes(mount, source.value()));
  return apply_detached(mount, source.value(), root);
}

base::Result<> apply_filesystem(const MountPlan& mount, int root) {
  std::string type = mount.filesystem;
  std::string data = mount.data;
  if (mount.kind == MountKind::Tmpfs) data = TRY(tmpfs_options(mount, root));
  const UniqueFd target = TRY(open_target(mount, -1, root));
  TRY(check_target(mount, target.value()));
  switch (mount.kind) {
    case MountKind::Proc: type = "proc"; break;
    case MountKind::Sysfs: type = "sysfs"; break;
    case MountKind::Tmpfs: type = "tmpfs"; break;
    case MountKind::Devpts: type = "devpts"; break;
    case MountKind::Mqueue: type = "mqueue"; break;
    default: break;
  }
  const UniqueFd detached = TRY(sys::mount_filesystem(type, mount.source, data, mount.attributes));
  if (mount.propagation != Propagation::Private) {
    TRY(sys::set_mount_attributes(detached.value(), 0, 0, propagation_flag(mount.propagation),
                                  Recursion::Single));
  }
  return sys::attach_mount(detached.value(), target.value(), mount.target);
}

}  // namespace

base::Result<HostSources> open_host_sources(const LaunchPlan& plan) {
  HostSources sources;
  sources.null_device = TRY(open_null_device());
  sources.binds.resize(plan.mounts.size());
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    const MountPlan& mount = plan.mounts[i];
    if (mount.kind == MountKind::Bind) {
      sources.binds[i] =
          TRY_WHILE(open_bind(mount), fmt::format("mounting {} on {}", mount.source, mount.target));
    }
    if (mount.kind == MountKind::Overlay) sources.binds[i] = TRY(open_overlay(mount));
    if (mount.kind != MountKind::Cgroup || !sources.cgroups.empty()) continue;
    for (const sys::CgroupDirectory& directory : plan.cgroup.directories) {
      sources.cgroups.push_back(TRY(sys::clone_tree(AT_FDCWD, directory.path, Recursion::Single)));
    }
  }
  return sources;
}

base::Result<UniqueFd> mount_root(const RootPlan& plan) {
  UniqueFd root;
  std::string place = plan.directory;
  if (plan.lower.empty()) {
    root = TRY(sys::clone_tree(AT_FDCWD, plan.directory, Recursion::Single));
    TRY(sys::set_mount_attributes(root.value(), 0, 0, MS_PRIVATE, Recursion::Single));
  } else if (plan.lower.size() == 1 && plan.upper.empty()) {
    place = plan.lower.front();
    root = TRY(sys::clone_tree(AT_FDCWD, place, Recursion::Single));
    TRY(sys::set_mount_attributes(root.value(), MOUNT_ATTR_RDONLY, 0, MS_PRIVATE, Recursion::Single));
  } else {
    place = plan.upper.empty() ? plan.lower.front() : plan.upper;
    root = TRY_WHILE(sys::mount_overlay({plan.lower, plan.upper, plan.work, plan.unsynced}),
                     fmt::format("mounting the root over {}", place));
  }
  // Any folder will do: the tree it hides is not needed here, and nobody else sees the mount.
  const UniqueFd target = TRY(sys::open_file(place, O_PATH | O_DIRECTORY));
  TRY(sys::attach_mount(root.value(), target.value(), place));
  return root;
}

base::Result<> apply_mounts(const LaunchPlan& plan, HostSources& sources, int root) {
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    const MountPlan& mount = plan.mounts[i];
    base::Result<> applied;
    switch (mount.kind) {
      case MountKind::Bind: applied = apply_bind(mount, std::move(sources.binds[i]), root); break;
      case MountKind::Overlay: applied = apply_overlay(mount, sources.binds[i].value(), root); break;
      case MountKind::Detached: applied = apply_detached(mount, mount.descriptor, root); break;
      case MountKind::Cgroup:
        if (!sources.cgroups.empty()) applied = apply_cgroup_mount(mount, plan, sources, root);
        break;
      default: applied = apply_filesystem(mount, root); break;
    }
    if (!applied) {
      return base::fail(std::move(applied).error().while_doing(fmt::format("mounting on {}", mount.target)));
    }
  }
  return {};
}

}  // namespace runtime::container
