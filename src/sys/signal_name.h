// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"

namespace sys {

/// The number of a signal written as "SIGTERM", "TERM", "15" or "RTMIN+3". man 7 signal
base::Result<int> parse_signal(std::string_view text);

}  // namespace sys
