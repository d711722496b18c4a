// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/sha256.h"

namespace sys {

using base::Sha256;
using base::sha256_hex;

/// `bytes` random bytes as lower-case hex: container IDs and the like.
std::string random_hex(std::size_t bytes);

}  // namespace sys
