// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"

namespace base {

/// What a pass found wrong: it goes on after an error and reports everything at its end.
class Diagnostics {
 public:
  void error(Error error) { errors_.push_back(std::move(error)); }
  void warning(Error warning) { warnings_.push_back(std::move(warning)); }

  bool has_errors() const { return !errors_.empty(); }
  const std::vector<Error>& errors() const { return errors_; }
  const std::vector<Error>& warnings() const { return warnings_; }

  /// Success, or all errors so far joined into one, in the order they were found.
  Result<> checkpoint() const {
    if (errors_.empty()) return {};
    return fail(join_errors(errors_));
  }

 private:
  std::vector<Error> errors_;
  std::vector<Error> warnings_;
};

}  // namespace base
