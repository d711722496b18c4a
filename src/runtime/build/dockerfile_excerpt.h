// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/source.h"

namespace runtime::build {

/// The lines `first` to `last` (1-based) marked with >>>, with two more around them:
///        3 |     FROM debian
///        4 | >>> RUN false
std::string make_excerpt(const base::Source& source, std::uint32_t first, std::uint32_t last);

/// The first line with something in it, cut where it is long.
std::string first_line(std::string_view text);

}  // namespace runtime::build
