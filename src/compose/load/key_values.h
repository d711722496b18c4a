// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "compose/load/load_context.h"

namespace compose::load {

/// compose-spec: "list or mapping" attributes. Turns a list of "K=V" into a mapping; a "K" alone gets
/// null. Later entries win. A mapping stays. Errors: a blank before the "=".
void make_key_values(Tree& node, const Path& path, const LoadContext& context);

/// Turns a list of names into a mapping from name to `value`; a mapping stays.
void make_named_map(Tree& node, const Tree& value);

/// Turns a single string into a list of it; null into an empty list.
void make_list(Tree& node);

}  // namespace compose::load
