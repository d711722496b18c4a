// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "compose/load/schema_tables.h"

namespace compose::load {

/// Whether the whole text matches one of the schema's regular expressions.
bool matches(schema_tables::Pattern pattern, std::string_view text);

/// What a matching text is, for messages: "a valid name (letters, digits, . _ -)".
std::string_view describe(schema_tables::Pattern pattern);

}  // namespace compose::load
