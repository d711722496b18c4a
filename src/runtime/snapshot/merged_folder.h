// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace runtime::snapshot {

/// The layer folders (top first, at least one) as one, for reading: names are those a container would see.
/// Whoever has them mounted goes on beside it. With several the answer is a mount that nobody else sees, and
/// ends with the descriptor.
base::Result<sys::UniqueFd> open_merged(std::vector<std::string> folders);

}  // namespace runtime::snapshot
