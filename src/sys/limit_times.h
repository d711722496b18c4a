// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <string>

#include "base/result.h"

namespace sys {

/// `time`, or `latest` when that is earlier.
timespec limited(timespec time, timespec latest);

/// Sets the modification time of everything below `folder`, and of itself, that is later than `latest` to it.
/// Links are not followed.
base::Result<> limit_times(const std::string& folder, timespec latest);

}  // namespace sys
