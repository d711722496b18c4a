// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace compose::load {

/// A command line split into words.
struct ShellWords {
  std::vector<std::string> words;
  /// What an unquoted ; & | < > cut off, that character included. There is no shell to act on it.
  std::string dropped;
};

/// Splits as docker compose does: blanks separate, quotes and backslashes group; no variables, no
/// globs, no substitution. Invalid: an open quote, a ( outside quotes. compose-spec: services.*.command
base::Result<ShellWords> split_shell_words(std::string_view line);

}  // namespace compose::load
