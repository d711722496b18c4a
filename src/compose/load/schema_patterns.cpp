// SPDX-License-Identifier: Apache-2.0
#include "compose/load/schema_patterns.h"

#include <algorithm>

namespace compose::load {
namespace {

using schema_tables::Pattern;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z') || is_digit(c); }
bool is_name(char c) { return is_word(c) || c == '.' || c == '_' || c == '-'; }

/// "every_" is cut off: one or more of digits and a unit.
bool is_interval(std::string_view text) {
  if (text.empty()) return false;
  while (!text.empty()) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0 || digits == text.size()) return false;
    if (std::string_view("wdhms").find(text[digits]) == std::string_view::npos) return false;
    text.remove_prefix(digits + 1);
  }
  return true;
}

bool is_pull_policy(std::string_view text) {
  for (const std::string_view policy :
       {"always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"}) {
    if (text == policy) return true;
  }
  return text.starts_with("every_") && is_interval(text.substr(6));
}

}  // namespace

bool matches(Pattern pattern, std::string_view text) {
  switch (pattern) {
    case Pattern::None: return true;
    case Pattern::Name: return !text.empty() && std::ranges::all_of(text, is_name);
    case Pattern::LowerCase: return !text.empty() && std::ranges::all_of(text, is_lower);
    case Pattern::ContainerName:
      return text.size() > 1 && is_word(text[0]) && std::ranges::all_of(text, is_name);
    case Pattern::PullPolicy: return is_pull_policy(text);
  }
  return false;
}

std::string_view describe(Pattern pattern) {
  switch (pattern) {
    case Pattern::None: return "anything";
    case Pattern::Name: return "a valid name (letters, digits, \".\", \"_\" and \"-\")";
    case Pattern::LowerCase: return "a valid name (lower-case letters)";
    case Pattern::ContainerName:
      return "a valid container name (letters, digits, \".\", \"_\" and \"-\", at least two)";
    case Pattern::PullPolicy:
      return "a pull policy (always, never, missing, build, daily, weekly or every_<duration>)";
  }
  return "valid";
}

}  // namespace compose::load
