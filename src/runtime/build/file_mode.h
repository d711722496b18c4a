// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace runtime::build {

/// `--chmod`: octal ("0755") or symbolic ("u=rwX,go=rX", "g=u"; man 1 chmod).
class FileMode {
 public:
  /// Invalid with a hint.
  static base::Result<FileMode> parse(std::string_view text);
  /// New permission bits (07777) of a file that has `mode`, type bits included.
  std::uint32_t apply(std::uint32_t mode) const;
  /// Of folders that are made on the way to what is copied: octal digits go through a umask of 022, as with
  /// Docker's builder; symbols are not for them.
  std::uint32_t folder_mode() const;

 private:
  struct Clause {
    std::uint32_t who = 0;  ///< Bits of the classes it speaks of: 04700, 02070, 01007.
    char operation = '=';
    std::uint32_t bits = 0;       ///< Permissions, spread over all classes.
    bool execute_if_any = false;  ///< X
    int copied_shift = -1;        ///< The class whose permissions are taken: 6, 3 or 0.
  };
  static base::Result<> parse_clause(std::string_view text, std::vector<Clause>& clauses);

  std::vector<Clause> clauses_;
  std::optional<std::uint32_t> octal_;
};

}  // namespace runtime::build
