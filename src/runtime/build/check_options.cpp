// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/check_options.h"

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/build/build_flag.h"

namespace runtime::build {

bool CheckOptions::wants(const std::string& rule) const {
  if (skip_all || skipped.contains(rule)) return false;
  const bool is_experimental = rule == "CopyIgnoredFile" || rule == "InvalidDefinitionDescription";
  return !is_experimental || experimental.contains("all") || experimental.contains(rule);
}

base::Result<CheckOptions> parse_check_options(std::string_view text) {
  CheckOptions out;
  for (const std::string& part : base::split(text, ';')) {
    if (base::trim(part).empty()) continue;
    const auto [raw_name, raw_value] = base::split_once(part, '=');
    const std::string_view name = base::trim(raw_name), value = base::trim(raw_value);
    if (name == "skip") {
      for (const std::string& rule : base::split(value, ',')) out.skipped.emplace(base::trim(rule));
      out.skip_all = out.skipped.contains("all");
    } else if (name == "experimental") {
      for (const std::string& rule : base::split(value, ',')) out.experimental.emplace(base::trim(rule));
    } else if (const auto flag = parse_build_flag(value); name == "error" && flag) {
      out.fail = *flag;
    } else {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("check: '{}' means nothing", part))
              .with_hint("write skip=RULE,RULE or skip=all, experimental=RULE or all, and error=true"));
    }
  }
  return out;
}

}  // namespace runtime::build
