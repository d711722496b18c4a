// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace cli {

/// Columns padded to their widest cell, three blanks between them, nothing after the last.
/// No column is narrower than `least_width` with its blanks.
std::string make_table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows, std::size_t least_width = 0);

}  // namespace cli
