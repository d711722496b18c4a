// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compose/load/load_context.h"

namespace compose::load {

/// Lays `over` on `base`: mappings merge by key, lists append, scalars replace, an explicit null keeps
/// the base; attributes with a rule of their own follow it. Each replaced scalar remembers what it
/// replaced. `path` is where both stand. Errors: values of kinds that cannot be merged.
/// compose-spec: merge
void merge(Tree& base, Tree&& over, const Path& path, const LoadContext& context);

/// As merge, for one service at "services.<name>".
void merge_service(Tree& base, Tree&& over, std::string_view name, const LoadContext& context);

/// Drops repeated entries of lists whose entries are known by a key: a later one takes the place of
/// the earlier. Runs after each merge and again after the short forms are spread out.
void make_unique(Tree& root);

}  // namespace compose::load
