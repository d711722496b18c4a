// SPDX-License-Identifier: Apache-2.0
#include "sys/sha256.h"

#include <sys/random.h>

#include <cstdlib>

namespace sys {

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  // Up to 256 bytes getrandom is never short; without randomness nothing here can be trusted.
  if (::getrandom(raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size())) std::abort();
  return base::to_hex(raw);
}

}  // namespace sys
