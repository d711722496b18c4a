// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace compose::load {

/// Length of the UTF-8 sequence that `text` begins with, 0 when it is malformed; `text` is not empty.
/// Unicode 3.9, table 3-7.
std::size_t utf8_length(std::string_view text);

}  // namespace compose::load
