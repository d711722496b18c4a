// SPDX-License-Identifier: Apache-2.0
#include "sys/process_ties.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

#include <fmt/format.h>

#include "sys/call_error.h"

namespace sys {

base::Result<> die_with_parent() {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return call_failed("prctl(PR_SET_PDEATHSIG)");
  return {};
}

Inspection inspection() {
  return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1 ? Inspection::Allowed : Inspection::Forbidden;
}

base::Result<> set_inspection(Inspection inspection) {
  if (::prctl(PR_SET_DUMPABLE, inspection == Inspection::Allowed ? 1 : 0, 0, 0, 0) != 0) {
    return call_failed("prctl(PR_SET_DUMPABLE)");
  }
  return {};
}

base::Result<> start_session() {
  if (::setsid() < 0 && errno != EPERM) return call_failed("setsid");
  return {};
}

base::Result<> take_terminal(int fd) {
  if (::ioctl(fd, TIOCSCTTY, 0) != 0) return call_failed("ioctl(TIOCSCTTY)");
  return {};
}

base::Result<> set_host_name(const std::string& name) {
  if (::sethostname(name.data(), name.size()) != 0) {
    return call_failed(fmt::format("sethostname(\"{}\")", name));
  }
  return {};
}

base::Result<> set_domain_name(const std::string& name) {
  if (::setdomainname(name.data(), name.size()) != 0) {
    return call_failed(fmt::format("setdomainname(\"{}\")", name));
  }
  return {};
}

base::Result<> enter_directory_inside_root(int directory, const std::string& path) {
  if (::fchdir(directory) != 0) return call_failed(fmt::format("chdir(\"{}\")", path));
  // A directory outside the root has no name in it, and the kernel's answer says so.
  char name[PATH_MAX];
  const long length = ::syscall(SYS_getcwd, name, sizeof name);
  if (length > 0 && name[0] == '/') return {};
  return base::fail(base::ErrorClass::Permission,
                    fmt::format("the directory {} lies outside the container", path));
}

void set_umask(unsigned mask) { ::umask(mask); }

}  // namespace sys
