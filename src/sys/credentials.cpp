// SPDX-License-Identifier: Apache-2.0
#include "sys/credentials.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "sys/call_error.h"

namespace sys {

base::Result<> change_ids(std::uint32_t uid, std::uint32_t gid, const std::vector<std::uint32_t>& groups) {
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return call_failed("prctl(PR_SET_KEEPCAPS)");
  if (::setgroups(groups.size(), groups.data()) != 0) {
    return call_failed(fmt::format("setgroups({} groups)", groups.size()));
  }
  if (::setresgid(gid, gid, gid) != 0) return call_failed(fmt::format("setresgid({})", gid));
  if (::setresuid(uid, uid, uid) != 0) return call_failed(fmt::format("setresuid({})", uid));
  return {};
}

base::Result<> set_no_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return call_failed("prctl(PR_SET_NO_NEW_PRIVS)");
  return {};
}

base::Result<> join_session_keyring(const char* name) {
  constexpr int kJoinSessionKeyring = 1;  // KEYCTL_JOIN_SESSION_KEYRING
  if (::syscall(SYS_keyctl, kJoinSessionKeyring, name, 0, 0, 0) >= 0) return {};
  if (errno == ENOSYS || errno == EPERM) return {};
  return call_failed(fmt::format("keyctl(join session keyring \"{}\")", name),
                     "see /proc/sys/kernel/keys/maxkeys");
}

}  // namespace sys
