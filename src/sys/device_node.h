// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace sys {

/// A device file: its numbers, owner and permission bits.
struct DeviceNode {
  char type = 'c';  ///< c or b
  std::uint32_t major = 0, minor = 0;
  std::uint32_t mode = 0, uid = 0, gid = 0;
};

/// Follows links. Invalid when the file is no device.
base::Result<DeviceNode> find_device(const std::string& path);

/// A folder, not a link to one.
bool is_real_directory(const std::string& path);

}  // namespace sys
