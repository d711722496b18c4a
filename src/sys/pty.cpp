// SPDX-License-Identifier: Apache-2.0
#include "sys/pty.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fmt/format.h>

#include "sys/call_error.h"
#include "sys/mount.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

namespace sys {

base::Result<Pty> open_pty(int devpts) {
  if (TRY(file_system_magic(devpts)) != DEVPTS_SUPER_MAGIC) {
    return base::fail(base::ErrorClass::Invalid, "the container's /dev/pts is not a devpts file system");
  }
  Pty pty;
  pty.master = UniqueFd(::openat(devpts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC));
  if (!pty.master.valid()) return call_failed("open(\"/dev/pts/ptmx\")");
  int locked = 0;
  if (::ioctl(pty.master.value(), TIOCSPTLCK, &locked) != 0) return call_failed("ioctl(TIOCSPTLCK)");
  const int slave = ::ioctl(pty.master.value(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) return call_failed("ioctl(TIOCGPTPEER)");
  pty.slave = UniqueFd(slave);
  return pty;
}

base::Result<> resize_pty(int master, std::uint16_t rows, std::uint16_t columns) {
  const winsize size{rows, columns, 0, 0};
  if (::ioctl(master, TIOCSWINSZ, &size) != 0) {
    return call_failed(fmt::format("ioctl(TIOCSWINSZ, {}x{})", rows, columns));
  }
  return {};
}

}  // namespace sys
