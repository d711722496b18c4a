// SPDX-License-Identifier: Apache-2.0
#include "sys/random.h"

#include <sys/random.h>

#include <cstdlib>

namespace sys {

std::uint64_t random_number() {
  std::uint64_t value = 0;
  // Requests this small never fail or fall short once the kernel is up; then there is no safe way on.
  if (::getrandom(&value, sizeof value, 0) != sizeof value) std::abort();
  return value;
}

}  // namespace sys
