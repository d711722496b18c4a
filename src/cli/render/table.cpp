// SPDX-License-Identifier: Apache-2.0
#include "cli/render/table.h"

#include <algorithm>

namespace cli {
namespace {

/// Characters of an UTF-8 text.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string make_table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows, std::size_t least_width) {
  constexpr std::size_t kGap = 3;
  std::vector<std::size_t> widths;
  for (const std::string& title : header) {
    widths.push_back(std::max(width_of(title), least_width > kGap ? least_width - kGap : 0));
  }
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  const auto append = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - width_of(row[i]) + kGap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  append(header);
  for (const auto& row : rows) append(row);
  return out;
}

}  // namespace cli
