// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace compose::config {

/// Every `$` as `$$`, so that loading the text again leaves it alone.
std::string escape_dollars(std::string_view text);

/// A JSON string with its quotes. RFC 8259, section 7
std::string json_string(std::string_view text);

}  // namespace compose::config
