// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/source.h"

namespace compose::load {

/// One variable that interpolation looked at.
struct VariableUse {
  enum class Outcome { Value, Default, Alternate, Unset };
  std::string name;
  Outcome outcome = Outcome::Unset;
  std::string origin;  ///< Where the value comes from: "the environment", ".env:3".
};

/// How a value came about when it is not simply as written at its span.
struct Provenance {
  std::string written;  ///< Text before interpolation; empty when not interpolated.
  std::vector<VariableUse> variables;
  base::Span replaced;                  ///< The value of an earlier file or base this one replaced.
  std::string note;                     ///< Of a pass: "default", "from env_file app.env".
  const Provenance* earlier = nullptr;  ///< What was known before.
};

/// All texts read for one project, where each was asked for, and the history of values. Spans and
/// nodes point into it, so it lives as long as they do.
class SourceSet {
 public:
  /// Keeps a text. `how` and `at` say why it was read: "included", "extended"; `at` may be empty.
  const base::Source* add(std::string name, std::string text, std::string how, const base::Span& at);
  const Provenance* add(Provenance provenance);

  /// "included at compose.yaml:3" lines for a text that another asked for, innermost first.
  std::vector<std::string> chain(const base::Source* source) const;

 private:
  struct Origin {
    std::string how;
    base::Span at;
  };
  std::deque<base::Source> sources_;
  std::deque<Provenance> provenance_;
  std::unordered_map<const base::Source*, Origin> origins_;
};

}  // namespace compose::load
