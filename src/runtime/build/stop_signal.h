// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"

namespace runtime::build {

/// STOPSIGNAL: a number (1-64) or a name with or without SIG, "RTMIN+3" too. Invalid with the nearest name.
base::Result<> check_stop_signal(std::string_view signal);

}  // namespace runtime::build
