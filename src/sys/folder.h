// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace sys {

/// rmdir(2). Missing, in use and not empty are success: there is nothing to remove.
base::Result<> remove_empty_folder(const std::string& path);

}  // namespace sys
