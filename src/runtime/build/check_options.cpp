// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/check_options.h"

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/build/build_flag.h"

namespace runtime::build {

base::Result<CheckOptions> parse_check_options(std::string_view text) {
  CheckOptions out;
  for (const std::string& part : base::split(text, ';')) {
    if (base::trim(part).empty()) continue;
    const auto [raw_name, raw_value] = base::split_once(part, '=');
    const std::string_view name = base::trim(raw_name), value = base::trim(raw_value);
    if (name == "skip") {
      for (const std::string& rule : base::split(value, ',')) out.skipped.emplace(base::trim(rule));
      out.skip_all = out.skipped.contains("all");
    } else if (const auto flag = parse_build_flag(value); name == "error" && flag) {
      out.fail = *flag;
    } else if (name != "experimental") {  // Rules that are tried out elsewhere: there are none here.
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("check: '{}' means nothing", part))
              .with_hint("write skip=RULE,RULE or skip=all, and error=true"));
    }
  }
  return out;
}

}  // namespace runtime::build
