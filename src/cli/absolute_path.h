// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace cli {

/// `path` from the root on, without "." and "..". Io when it is relative and the working folder is gone.
base::Result<std::string> absolute_path(const std::string& path);

}  // namespace cli
