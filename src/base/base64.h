// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace base {

/// RFC 4648 base64 with padding.
std::string encode_base64(std::string_view data);
/// Nothing when malformed. Padding may be missing.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace base
