// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

using Duration = std::chrono::nanoseconds;

/// Compose duration: Go's units `ns us ms s m h` plus `d` and `w`, e.g. "1h5m30s20ms", "1.5s".
/// A bare "0" is zero. Invalid otherwise.
Result<Duration> parse_duration(std::string_view text);

/// Canonical form as Go prints it: "1m30s", "500ms", "0s".
std::string to_text(Duration duration);

}  // namespace base
