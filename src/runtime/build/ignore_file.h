// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace runtime::build {

/// What of a build context is left out. Dockerfile reference: .dockerignore file. Patterns are matched
/// against whole paths relative to the context: `*` and `?` stay within a part, `**` spans parts, `!` takes
/// paths back, and the last pattern that matches a path or a folder above it decides.
class IgnoreRules {
 public:
  /// One pattern a line; `#` starts a comment line. Invalid: a lone `!`, a malformed pattern (with its line).
  static base::Result<IgnoreRules> parse(std::string_view text, const std::string& file_name);
  /// The patterns of `--exclude`, which have no comments.
  static base::Result<IgnoreRules> from_patterns(const std::vector<std::string>& patterns);

  bool empty() const { return rules_.empty(); }
  /// `path` is relative and has no "." or "..".
  bool excludes(std::string_view path) const;
  /// Whether something below the excluded folder `path` may be taken back by a later `!`.
  bool may_include_below(std::string_view path) const;

 private:
  struct Rule {
    std::vector<std::string> parts;  ///< Between slashes.
    bool negated = false;
  };
  base::Result<> add(std::string_view pattern);

  std::vector<Rule> rules_;
};

/// `pattern` against `path`, both split at slashes, `**` for any number of parts. COPY's --parents too.
bool match_parts(const std::vector<std::string>& pattern, std::size_t pattern_at,
                 const std::vector<std::string>& path, std::size_t path_at, std::size_t path_end);

}  // namespace runtime::build
