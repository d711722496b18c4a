// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/roots.h"

#include "sys/sha256.h"

namespace runtime::engine {

std::string Roots::installation_name() const {
  if (run == "/run/compose") return "compose";
  return "compose-" + sys::sha256_hex(run).substr(0, 8);
}

}  // namespace runtime::engine
