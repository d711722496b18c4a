// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace sys {

/// lchown(2).
base::Result<> change_owner(const std::string& path, std::uint32_t uid, std::uint32_t gid);
/// chmod(2); must not be called on a path that somebody untrusted may replace.
base::Result<> change_mode(const std::string& path, std::uint32_t mode);

}  // namespace sys
