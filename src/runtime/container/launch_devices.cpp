// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "runtime/container/launch_root.h"
#include "sys/path_at.h"
#include "sys/path_in_root.h"

namespace runtime::container {
namespace {

using sys::UniqueFd;

struct Link {
  const char* name;
  const char* target;
};
constexpr std::array kLinks{Link{"fd", "/proc/self/fd"},       Link{"stdin", "/proc/self/fd/0"},
                            Link{"stdout", "/proc/self/fd/1"}, Link{"stderr", "/proc/self/fd/2"},
                            Link{"ptmx", "pts/ptmx"},          Link{"core", "/proc/kcore"}};

std::uint32_t type_bits(char type) {
  if (type == 'b') return S_IFBLK;
  return type == 'p' ? S_IFIFO : S_IFCHR;
}

base::Result<> make_device(const DevicePlan& device, int directory, const std::string& name) {
  base::Result<> made =
      sys::make_node_at(directory, name, type_bits(device.type) | device.mode, device.major, device.minor);
  if (!made && made.error().errno_value == EEXIST) {
    const std::optional<struct stat> status = TRY(sys::stat_at(directory, name));
    if (status && (status->st_mode & S_IFMT) == type_bits(device.type) &&
        status->st_rdev == makedev(device.major, device.minor)) {
      made = {};
    }
  }
  if (!made) {
    return base::fail(std::move(made).error().while_doing(fmt::format("making the device {}", device.path)));
  }
  if (device.uid == 0 && device.gid == 0) return {};
  return sys::set_owner_at(directory, name, {device.uid, device.gid});
}

}  // namespace

base::Result<> make_devices(const LaunchPlan& plan, int root) {
  const bool own_dev = std::any_of(plan.mounts.begin(), plan.mounts.end(), [](const MountPlan& mount) {
    return mount.kind == MountKind::Bind && sys::clean_absolute_path(mount.target) == "/dev";
  });
  if (own_dev || plan.devices.empty()) return {};
  UniqueFd directory;
  std::string opened;
  for (const DevicePlan& device : plan.devices) {
    const std::string path = sys::clean_absolute_path(device.path);
    const auto slash = path.rfind('/');
    if (const std::string parent = path.substr(0, slash + 1); parent != opened) {
      directory = TRY(sys::make_directory_in_root(root, parent));
      opened = parent;
    }
    TRY(make_device(device, directory.value(), path.substr(slash + 1)));
  }
  const UniqueFd dev = TRY(sys::make_directory_in_root(root, "/dev"));
  for (const Link& link : kLinks) {
    base::Result<> made = sys::make_symlink_at(dev.value(), link.name, link.target);
    if (!made && made.error().errno_value != EEXIST) return made;
  }
  return {};
}

}  // namespace runtime::container
