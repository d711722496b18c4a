// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace sys {

/// What the machine's resolver says of a host's name.
enum class HostLookup {
  Known,
  Unknown,  ///< There is no such name: asking again does not help.
  Later,    ///< Nobody could be asked: EAI_AGAIN and the like.
};

/// man 3 getaddrinfo. Waits for name servers as long as the system is set up to.
HostLookup look_up_host(const std::string& name);

}  // namespace sys
