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
  std::set<std::string> experimental;  ///< Rules that are asked for by name, or "all".

  /// Rules that find what often is meant count when they are asked for.
  bool wants(const std::string& rule) const;
};

/// "skip=RULE,RULE;experimental=RULE;error=true", "skip=all" or "experimental=all". Invalid: another word.
base::Result<CheckOptions> parse_check_options(std::string_view text);

}  // namespace runtime::build
