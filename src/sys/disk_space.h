// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace sys {

/// Bytes that users without privileges can still write to the file system of `path`. man 3 statvfs
base::Result<std::int64_t> free_bytes(const std::string& path);

}  // namespace sys
