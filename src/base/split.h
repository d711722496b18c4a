// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace base {

/// All parts between `separator`; an empty text gives one empty part.
std::vector<std::string> split(std::string_view text, char separator);

/// The parts before and after the first `separator`; `{text, ""}` when there is none.
std::pair<std::string_view, std::string_view> split_once(std::string_view text, char separator);

/// The parts with `separator` between them.
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// Without leading and trailing blanks, tabs and line ends.
std::string_view trim(std::string_view text);

/// ASCII letters only.
std::string to_lower(std::string_view text);

}  // namespace base
