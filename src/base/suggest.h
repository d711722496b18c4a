// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// The candidate nearest to `name` by edit distance, or empty when none is near enough
/// (at most a third of the letters differ, at least one).
std::string nearest_name(std::string_view name, std::span<const std::string_view> candidates);
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace base
