// SPDX-License-Identifier: Apache-2.0
#include "sys/mapped_mount.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include <fmt/format.h>

#include "sys/call_error.h"
#include "sys/mount.h"

namespace sys {
namespace {

/// What the child that makes a user namespace is told, and what it answers: both share one memory.
struct NamespaceWork {
  std::string users, groups;  ///< Lines for uid_map and gid_map.
  int fd = -1;
  int reason = 0;  ///< errno
};

bool write_text(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int saved = errno;
  ::close(fd);
  errno = saved;
  return written;
}

/// The child's part: system calls alone, as the caller may have threads that hold locks.
int describe_namespace(void* argument) {
  auto& work = *static_cast<NamespaceWork*>(argument);
  static const std::string kDeny = "deny";
  const bool mapped = write_text("/proc/self/setgroups", kDeny) &&
                      write_text("/proc/self/uid_map", work.users) &&
                      write_text("/proc/self/gid_map", work.groups);
  if (mapped) work.fd = ::open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
  work.reason = work.fd < 0 ? errno : 0;
  return 0;
}

/// A user namespace in which the ids of `owner` are root's outside. No process is in it.
base::Result<UniqueFd> make_namespace(Ownership owner) {
  NamespaceWork work{.users = fmt::format("{} 0 1\n", owner.uid),
                     .groups = fmt::format("{} 0 1\n", owner.gid)};
  alignas(16) std::array<char, 16 << 10> stack;
  // It shares memory and descriptors, and the caller waits (CLONE_VFORK): nothing is copied, nothing stays.
  const pid_t child = ::clone(describe_namespace, stack.data() + stack.size(),
                              CLONE_NEWUSER | CLONE_VM | CLONE_FILES | CLONE_VFORK, &work);
  if (child < 0) return call_failed("clone(CLONE_NEWUSER)");
  while (::waitpid(child, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  if (work.fd >= 0) return UniqueFd(work.fd);
  return base::fail(base::make_errno_error(
      fmt::format("mapping {}:{} in a user namespace", owner.uid, owner.gid), work.reason));
}

}  // namespace

base::Result<UniqueFd> clone_as_root(int node, Ownership owner) {
  UniqueFd mount = TRY(clone_tree(node, "", Recursion::Single));
  const UniqueFd users = TRY(make_namespace(owner));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = static_cast<std::uint64_t>(users.value());
  if (::mount_setattr(mount.value(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    return call_failed("mount_setattr(MOUNT_ATTR_IDMAP)");
  return mount;
}

}  // namespace sys
