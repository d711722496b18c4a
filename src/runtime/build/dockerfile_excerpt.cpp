// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/dockerfile_excerpt.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"

namespace runtime::build {

std::string make_excerpt(const base::Source& source, std::uint32_t first, std::uint32_t last) {
  constexpr std::uint32_t kAround = 2;
  const auto total = static_cast<std::uint32_t>(std::count(source.text.begin(), source.text.end(), '\n') +
                                                (source.text.ends_with('\n') ? 0 : 1));
  std::string out;
  const std::uint32_t from = first > kAround ? first - kAround : 1;
  for (std::uint32_t line = from; line <= std::min(last + kAround, total); ++line) {
    const bool marked = line >= first && line <= last;
    out += fmt::format("{:>5} | {} {}\n", line, marked ? ">>>" : "   ", source.line(line));
  }
  return out;
}

std::string first_line(std::string_view text) {
  constexpr std::size_t kMost = 80;
  for (const std::string& line : base::split(text, '\n')) {
    const std::string_view shown = base::trim(line);
    if (shown.empty()) continue;
    return shown.size() > kMost ? std::string(shown.substr(0, kMost)) + "..." : std::string(shown);
  }
  return {};
}

}  // namespace runtime::build
