// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "sys/fd.h"

namespace runtime::network {

struct ResolverSockets {
  sys::UniqueFd udp, tcp;
};

/// Sockets that are asked at 127.0.0.11 port 53 of the caller's network namespace. They sit on a free port,
/// and a table of the namespace turns 53 into it, so that the container may run a DNS server on every
/// address itself; where there is no nf_tables they sit on port 53.
base::Result<ResolverSockets> open_resolver_sockets();

}  // namespace runtime::network
