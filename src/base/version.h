// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace base {

/// This program's version, "x.y.z", as the build file has it.
inline constexpr std::string_view kVersion = COMPOSE_VERSION;

}  // namespace base
