// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"

/// man 7 capabilities. Sets are masks: bit n is capability number n.
namespace sys {

/// Every capability the caller may still give to what it starts: its bounding set.
base::Result<std::uint64_t> available_capabilities();

/// Removes all others from the bounding set and clears the ambient set. Needs CAP_SETPCAP.
base::Result<> limit_bounding_capabilities(std::uint64_t keep);

/// Sets permitted and effective; inheritable becomes `inheritable` (normally 0).
base::Result<> set_capabilities(std::uint64_t permitted, std::uint64_t inheritable);

/// Raises `capabilities`, which must be permitted and inheritable, in the ambient set.
base::Result<> raise_ambient_capabilities(std::uint64_t capabilities);

}  // namespace sys
