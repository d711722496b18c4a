// SPDX-License-Identifier: Apache-2.0
#include "cli/attribute_list.h"

#include <fmt/format.h>

#include "base/split.h"

namespace cli {
namespace {

/// Between commas, quotes taken away; a doubled quote inside quotes stands for one.
base::Result<std::vector<std::string>> split_quoted(std::string_view text) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool doubled = quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"';
    if (doubled) ++i;
    if (c == '"' && !doubled) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  if (!quoted) return out;
  return base::fail(base::ErrorClass::Invalid, fmt::format("a quote is not closed in: {}", text));
}

}  // namespace

base::Result<std::vector<Attribute>> parse_attributes(std::string_view text) {
  std::vector<Attribute> out;
  for (const std::string& part : TRY(split_quoted(text))) {
    const auto [name, value] = base::split_once(part, '=');
    if (name.size() == part.size()) {
      return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("\"{}\" has no value", part))
                            .with_hint("write name=value, with commas between"));
    }
    out.emplace_back(base::to_lower(base::trim(name)), value);
  }
  return out;
}

}  // namespace cli
