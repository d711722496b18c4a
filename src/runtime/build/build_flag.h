// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace runtime::build {

/// A truth value in a build argument or option: "1", "t", "true", "0", "f", "false", each also capitalized or
/// in capitals. Nothing: it is none.
std::optional<bool> parse_build_flag(std::string_view text);

}  // namespace runtime::build
