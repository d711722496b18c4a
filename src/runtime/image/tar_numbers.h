// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>

#include <cstdint>
#include <optional>
#include <string_view>

namespace runtime::image {

/// A numeric header field: octal text, or GNU's base-256 when the first bit is set. Nothing when malformed
/// or out of range of std::int64_t.
std::optional<std::int64_t> parse_tar_number(std::string_view field);

/// "123.456789" (pax times); also negative. Nothing when malformed.
std::optional<timespec> parse_pax_time(std::string_view text);

/// A pax number: decimal digits, maybe with "-".
std::optional<std::int64_t> parse_pax_number(std::string_view text);

}  // namespace runtime::image
