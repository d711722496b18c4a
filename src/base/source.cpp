// SPDX-License-Identifier: Apache-2.0
#include "base/source.h"

namespace base {

std::string_view Source::line(std::uint32_t line) const {
  std::string_view rest = text;
  for (std::uint32_t current = 1; current < line; ++current) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  auto found = rest.substr(0, rest.find('\n'));
  if (!found.empty() && found.back() == '\r') found.remove_suffix(1);
  return found;
}

Location make_location(const Span& span) {
  if (span.source == nullptr) return {};
  return Location{.file = span.source->name,
                  .line = span.line,
                  .column = span.column,
                  .length = span.length,
                  .line_text = std::string(span.source->line(span.line))};
}

}  // namespace base
