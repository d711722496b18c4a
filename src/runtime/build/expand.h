// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace runtime::build {

/// Value of a variable, nothing when it is not set.
using VariableLookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Fills in `$name` and `${name...}` and takes quotes and escapes away, as Dockerfile instructions do.
/// Modifiers: `:-` `-` `:+` `+` `:?` `?`, `#` `##` `%` `%%` (shortest and longest match off the front or the
/// end) and
/// `/` `//` (replace the first match, or all). Invalid: open quote or brace, unknown modifier, `?` that
/// fires.
base::Result<std::string> expand_word(std::string_view text, char escape, const VariableLookup& lookup);

/// As `expand_word`; blanks outside of quotes in the result make several words.
base::Result<std::vector<std::string>> expand_words(std::string_view text, char escape,
                                                    const VariableLookup& lookup);

/// For heredocs: quotes stay, the escape before any character goes, as in Docker's builder.
base::Result<std::string> expand_text(std::string_view text, char escape, const VariableLookup& lookup);

}  // namespace runtime::build
