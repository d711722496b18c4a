// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace sys {

struct FolderEntry {
  std::string name;
  struct stat status {};
};

/// What is in an open folder, sorted by the names' bytes, without "." and "..": cheaper than a look at each
/// by its path. A name that `wanted` is false for is not looked at, one that vanishes meanwhile is left out.
/// `fd` must be readable and at its start.
base::Result<std::vector<FolderEntry>> read_entries(UniqueFd fd, std::string_view what,
                                                    const std::function<bool(std::string_view)>& wanted);

}  // namespace sys
