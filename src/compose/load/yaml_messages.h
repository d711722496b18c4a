// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "base/error.h"

namespace compose::load {

/// A byte that YAML forbids (invalid UTF-8, a control character), as an error at its place.
std::optional<base::Error> find_bad_character(const base::Source& source);

/// A syntax error of the YAML library in words that say what to do. `line` and `column` are 1-based.
base::Error explain_syntax_error(const base::Source& source, std::string_view message, std::uint32_t line,
                                 std::uint32_t column);

}  // namespace compose::load
