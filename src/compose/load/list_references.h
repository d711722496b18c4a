// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "compose/load/load.h"
#include "compose/load/substitute.h"

namespace compose::load {

/// Every variable that the Compose files of a project refer to, in file order, those of included and
/// extended files left out. Nothing is evaluated. Errors: no file, bad syntax.
base::Result<std::vector<VariableReference>> list_references(const LoadOptions& options,
                                                             const FileSource& files);

}  // namespace compose::load
