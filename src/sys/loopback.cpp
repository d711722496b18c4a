// SPDX-License-Identifier: Apache-2.0
#include "sys/loopback.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "sys/call_error.h"
#include "sys/fd.h"

namespace sys {

base::Result<> bring_loopback_up() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return call_failed("socket(AF_INET)");
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", sizeof "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(socket.value(), SIOCSIFFLAGS, &request) != 0) return call_failed("ioctl(SIOCSIFFLAGS, lo up)");
  return {};
}

}  // namespace sys
