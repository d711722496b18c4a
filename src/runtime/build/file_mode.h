// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace runtime::build {

/// `--chmod`: octal ("0755") or symbolic ("u=rwX,go=rX"; man 1 chmod).
class FileMode {
 public:
  /// Invalid with a hint.
  static base::Result<FileMode> parse(std::string_view text);
  /// New permission bits (07777) of a file that has `mode`, type bits included.
  std::uint32_t apply(std::uint32_t mode) const;

 private:
  struct Clause {
    std::uint32_t who = 0;  ///< Bits of the classes it speaks of: 04700, 02070, 01007.
    char operation = '=';
    std::uint32_t bits = 0;       ///< Permissions, spread over all classes.
    bool execute_if_any = false;  ///< X
  };
  static base::Result<> parse_clause(std::string_view text, std::vector<Clause>& clauses);

  std::vector<Clause> clauses_;
};

}  // namespace runtime::build
