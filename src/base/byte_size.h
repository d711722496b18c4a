// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

/// A count of bytes. -1 means "unlimited" where an attribute allows it.
struct ByteSize {
  std::int64_t bytes = 0;
  auto operator<=>(const ByteSize&) const = default;
};

/// Compose byte value: a number with an optional unit b, k, m, g, t, p (also kb, kib, ...), all
/// 1024-based and case-insensitive: "512m", "1.5g", "-1".
Result<ByteSize> parse_byte_size(std::string_view text);

/// For people, 1000-based as docker prints image sizes: "12.3MB".
std::string to_human_text(ByteSize size);

}  // namespace base
