// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

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

bool is_absent(const base::Error& error) {
  return error.errno_value == ENOENT || error.errno_value == ENOTDIR;
}

/// Covers paths: a file with /dev/null, a folder with an empty one. All folders share one mount's copies,
/// which can be taken only once the first one is attached.
class Mask {
 public:
  explicit Mask(int null_device) : null_device_(null_device) {}

  base::Result<> cover(int target, const std::string& path) {
    UniqueFd cover;
    if (!S_ISDIR(TRY(sys::stat_fd(target)).st_mode)) {
      cover = TRY(sys::clone_tree(null_device_, "", Recursion::Single));
    } else if (empty_folder_.valid()) {
      cover = TRY(sys::clone_tree(empty_folder_.value(), "", Recursion::Single));
    } else {
      empty_folder_ = TRY(sys::mount_filesystem(
          "tmpfs", "tmpfs", "mode=755,size=4k,nr_inodes=2",
          MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
      return sys::attach_mount(empty_folder_.value(), target, path);
    }
    return sys::attach_mount(cover.value(), target, path);
  }

 private:
  int null_device_;
  UniqueFd empty_folder_;
};

base::Result<> make_read_only(int target, const std::string& path) {
  const UniqueFd copy = TRY(sys::clone_tree(target, "", Recursion::Recursive));
  TRY(sys::set_mount_attributes(copy.value(), MOUNT_ATTR_RDONLY, 0, MS_PRIVATE, Recursion::Recursive));
  return sys::attach_mount(copy.value(), target, path);
}

}  // namespace

base::Result<UniqueFd> open_container_proc(int root) {
  UniqueFd proc =
      TRY(sys::open_container_path(root, "/proc", O_PATH | O_DIRECTORY, 0, sys::Symlinks::Refuse));
  if (TRY(sys::file_system_magic(proc.value())) == PROC_SUPER_MAGIC) return proc;
  return base::fail(base::ErrorClass::Invalid, "the container's /proc is not a proc file system");
}

base::Result<> write_sysctls(const std::vector<SysctlPlan>& sysctls, int root) {
  if (sysctls.empty()) return {};
  const UniqueFd proc = TRY(open_container_proc(root));
  for (const SysctlPlan& sysctl : sysctls) {
    std::string path = "sys/" + sysctl.name;
    // A name may hold dots of its own (an interface's) when it is written with slashes.
    if (sysctl.name.find('/') == std::string::npos) std::replace(path.begin(), path.end(), '.', '/');
    const base::Result<UniqueFd> file = sys::open_subpath(proc.value(), path, O_WRONLY);
    if (!file) {
      return base::fail(
          base::Error(file.error())
              .with_hint(fmt::format("this kernel has no sysctl \"{}\" in the container's namespaces",
                                     sysctl.name)));
    }
    TRY_WHILE(sys::write_all(file->value(), sysctl.value),
              fmt::format("setting {} to \"{}\"", sysctl.name, sysctl.value));
  }
  return {};
}

base::Result<> confine_paths(const LaunchPlan& plan, const HostSources& sources, int root) {
  Mask mask(sources.null_device.value());
  for (const std::string& path : plan.read_only_paths) {
    const base::Result<UniqueFd> target = sys::open_container_path(root, path, O_PATH);
    if (!target && is_absent(target.error())) continue;
    if (!target) return base::fail(target.error());
    TRY_WHILE(make_read_only(target->value(), path), fmt::format("making {} read-only", path));
  }
  for (const std::string& path : plan.masked_paths) {
    const base::Result<UniqueFd> target = sys::open_container_path(root, path, O_PATH);
    if (!target && is_absent(target.error())) continue;
    if (!target) return base::fail(target.error());
    TRY_WHILE(mask.cover(target->value(), path), fmt::format("masking {}", path));
  }
  return {};
}

}  // namespace runtime::container
