// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "compose/load/tree.h"

namespace compose::load {

/// Nodes that aliases may add to a document: this many, and 20 for each node written out. What asks
/// for more is an attack on memory ("billion laughs"), not a Compose file.
inline constexpr std::size_t kMaxAliasNodes = 100'000;

/// Reads YAML into trees, one a document; empty documents are left out. After it: aliases and merge
/// keys (`<<`) are resolved, scalars have their types, keys are strings and unique, !reset and
/// !override are marked on their nodes. Errors: every duplicate key and bad key; a syntax error ends it.
/// `source` must outlive the trees.
base::Result<std::vector<Tree>> read_yaml(const base::Source& source);

}  // namespace compose::load
