// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace runtime::build {

/// Shell patterns in variable modifiers: `*` any text, `?` one character, `\` takes the next as it is.
std::string remove_front(std::string_view value, std::string_view pattern, bool longest);
std::string remove_end(std::string_view value, std::string_view pattern, bool longest);
std::string replace_matches(std::string_view value, std::string_view pattern, std::string_view replacement,
                            bool all);

/// One segment of a path against a pattern: `*`, `?`, `[a-z]`, `[^a]`, `\` (Go's filepath.Match).
/// False also for a malformed pattern.
bool match_segment(std::string_view pattern, std::string_view name);

/// Whether every `[` of a pattern is closed and something comes after every `\`.
bool is_well_formed(std::string_view pattern);

/// Whether `text` has a character that `match_segment` treats as a pattern.
bool has_wildcard(std::string_view text);

/// The text that a pattern without wildcards stands for: escapes taken away.
std::string unescape_pattern(std::string_view pattern);

}  // namespace runtime::build
