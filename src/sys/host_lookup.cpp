// SPDX-License-Identifier: Apache-2.0
#include "sys/host_lookup.h"

#include <netdb.h>
#include <sys/socket.h>

namespace sys {

HostLookup look_up_host(const std::string& name) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(name.c_str(), nullptr, &wanted, &found);
  if (code == 0) ::freeaddrinfo(found);
  if (code == 0) return HostLookup::Known;
  const bool unknown = code == EAI_NONAME || code == EAI_NODATA || code == EAI_FAIL;
  return unknown ? HostLookup::Unknown : HostLookup::Later;
}

}  // namespace sys
