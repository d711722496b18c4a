// SPDX-License-Identifier: Apache-2.0
#include "cli/render/build_outline.h"

#include <algorithm>

#include <fmt/format.h>

namespace cli {
namespace {

using Row = std::vector<std::string>;

/// Columns padded to their longest text and `gap` blanks; the last is not.
std::string aligned(const std::vector<Row>& rows, std::size_t gap) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) out += fmt::format("{:<{}}", row[i], widths[i] + gap);
    out += row.back() + "\n";
  }
  return out;
}

constexpr std::size_t kWide = 3;

std::string needs_text(std::string title, const std::vector<model::BuildOutline::Need>& needs) {
  if (needs.empty()) return {};
  std::vector<Row> rows{{std::move(title), "REQUIRED"}};
  for (const auto& need : needs) rows.push_back({need.name, need.required ? "true" : ""});
  return aligned(rows, kWide) + "\n";
}

}  // namespace

std::string targets_text(const model::BuildOutline& outline) {
  std::vector<Row> rows{{"TARGET", "DESCRIPTION"}};
  for (const auto& target : outline.targets) {
    const std::string mark = target.is_default ? target.name.empty() ? "(default)" : " (default)" : "";
    rows.push_back({target.name + mark, target.description});
  }
  return aligned(rows, 1);
}

std::string outline_text(const model::BuildOutline& outline) {
  std::string out;
  if (!outline.name.empty() || !outline.description.empty()) {
    std::vector<Row> rows{{"TARGET:", outline.name.empty() ? "(default)" : outline.name}};
    if (!outline.description.empty()) rows.push_back({"DESCRIPTION:", outline.description});
    out += aligned(rows, 1) + "\n";
  }
  if (!outline.arguments.empty()) {
    std::vector<Row> rows{{"BUILD ARG", "VALUE", "DESCRIPTION"}};
    for (const auto& argument : outline.arguments)
      rows.push_back({argument.name, argument.value, argument.description});
    out += aligned(rows, kWide) + "\n";
  }
  return out + needs_text("SECRET", outline.secrets) + needs_text("SSH", outline.agents);
}

}  // namespace cli
