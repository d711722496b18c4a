// SPDX-License-Identifier: Apache-2.0
#include "sys/overlay_probe.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path_at.h"
#include "sys/sha256.h"

namespace sys {
namespace {

bool set_option(int context, const char* key, const std::string& value) {
  return ::syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value.c_str(), 0) == 0;
}

/// A mount that is attached nowhere: it goes away with its descriptor.
UniqueFd mount_detached(const std::string& scratch) {
  const UniqueFd context(static_cast<int>(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
  if (!context.valid()) return {};
  // Else unmounting would wait until the whole file system is on disk. Kernels before 5.10 do not know it.
  static_cast<void>(::syscall(SYS_fsconfig, context.value(), FSCONFIG_SET_FLAG, "volatile", nullptr, 0));
  if (!set_option(context.value(), "lowerdir", scratch + "/lower") ||
      !set_option(context.value(), "upperdir", scratch + "/upper") ||
      !set_option(context.value(), "workdir", scratch + "/work") ||
      ::syscall(SYS_fsconfig, context.value(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return {};
  }
  return UniqueFd(static_cast<int>(::syscall(SYS_fsmount, context.value(), FSMOUNT_CLOEXEC, 0)));
}

}  // namespace

base::Result<std::string> overlay_place(const std::string& folder) {
  utsname kernel{};
  if (::uname(&kernel) != 0) return base::fail(base::make_errno_error("uname", errno));
  const UniqueFd fd = TRY(open_file(folder, O_PATH | O_DIRECTORY));
  const struct stat status = TRY(stat_fd(fd.value()));
  return fmt::format("{} {}:{}", kernel.release, major(status.st_dev), minor(status.st_dev));
}

bool overlay_works(const std::string& folder) {
  const std::string scratch = folder + "/.probe-" + random_hex(8);
  for (const char* part : {"/lower", "/upper", "/work"}) {
    if (!make_directories(scratch + part, 0700)) return false;
  }
  bool works = write_file(scratch + "/lower/file", "").has_value();
  if (works) {
    const UniqueFd mount = mount_detached(scratch);
    // Removing a lower file needs a whiteout, which is what some file systems cannot make.
    works = mount.valid() && remove_at(mount.value(), "file").has_value();
  }
  static_cast<void>(remove_tree(scratch));
  return works;
}

}  // namespace sys
