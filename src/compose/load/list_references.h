// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "compose/load/load.h"
#include "compose/load/substitute.h"

namespace compose::load {

/// Every variable that the Compose files of a project refer to, included and extended files with them,
/// in the order in which they are read. Branches that are not taken count, too. Errors: of loading, unless
/// only variables are missing.
base::Result<std::vector<VariableReference>> list_references(const LoadOptions& options,
                                                             const FileSource& files);

}  // namespace compose::load
