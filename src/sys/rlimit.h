// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace sys {

/// RLIMIT_* number of a name as Compose ("nofile") or OCI ("RLIMIT_NOFILE") writes it.
std::optional<std::uint32_t> find_rlimit(std::string_view name);

/// setrlimit(2) of the calling process. ~0 is unlimited.
base::Result<> set_rlimit(std::uint32_t resource, std::uint64_t soft, std::uint64_t hard);

/// As set_rlimit; where the caller may not raise its hard limit that high, up to what it has.
base::Result<> set_rlimit_as_allowed(std::uint32_t resource, std::uint64_t soft, std::uint64_t hard);

}  // namespace sys
