// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runtime::build {

/// The exec form of an instruction: a JSON list of strings. Empty when `text` is anything else.
/// `not_strings` is set when it is a JSON list with something else in it.
std::optional<std::vector<std::string>> parse_string_list(std::string_view text, bool& not_strings);

/// `["a","b"]`
std::string encode_string_list(const std::vector<std::string>& words);

}  // namespace runtime::build
