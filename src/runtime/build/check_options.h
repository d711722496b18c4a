// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace runtime::build {

/// Which rules about Dockerfiles count, and what a broken one means. Dockerfile reference: Parser directives,
/// check.
struct CheckOptions {
  bool skip_all = false;
  bool fail = false;  ///< A broken rule ends the build.
  std::set<std::string> skipped;

  bool wants(const std::string& rule) const { return !skip_all && !skipped.contains(rule); }
};

/// "skip=RULE,RULE;error=true" or "skip=all". Invalid: another word.
base::Result<CheckOptions> parse_check_options(std::string_view text);

}  // namespace runtime::build
