// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "compose/load/environment.h"
#include "compose/load/source_set.h"

namespace compose::load {

/// How deep ${A:-${B:-...}} may nest.
inline constexpr int kMaxNesting = 64;
/// Bytes of a value with its variables. A program's argument can have 128 KiB (man 2 execve).
inline constexpr std::size_t kMaxText = 1 << 20;

using VariableLookup = std::function<const Variable*(std::string_view name)>;

/// What replacing variables in one text found on the way.
struct Substitution {
  std::string text;
  std::vector<VariableUse> uses;   ///< In the order they were evaluated.
  std::vector<std::string> unset;  ///< Variables that were replaced by nothing.
};

/// compose-spec: interpolation. Replaces $NAME, ${NAME} and ${NAME<op>word} with op one of
/// :- - :? ? :+ +, and $$ by $. Branches are evaluated only when used. Errors: a malformed ${...}
/// (the message names the part), or a required variable without a value.
base::Result<Substitution> substitute(std::string_view text, const VariableLookup& find);

/// A ${...} or $NAME as written, for listing what a file asks for.
struct VariableReference {
  std::string name;
  char operation = 0;  ///< '-', '?', '+' or 0.
  bool colon = false;  ///< Also when the variable is empty.
  std::string word;
};
/// All references of a text, those nested in words included. Malformed ones are left out.
std::vector<VariableReference> find_references(std::string_view text);

}  // namespace compose::load
