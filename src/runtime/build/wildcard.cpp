// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/wildcard.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace runtime::build {
namespace {

/// Reads "[...]" after its bracket; nothing when it is malformed. `pattern` then stands after it.
std::optional<bool> match_class(std::string_view& pattern, char c) {
  const bool negated = pattern.starts_with('^');
  if (negated) pattern.remove_prefix(1);
  const auto read_one = [&](char& out) {
    if (pattern.starts_with('\\')) pattern.remove_prefix(1);
    if (pattern.empty()) return false;
    out = pattern.front();
    pattern.remove_prefix(1);
    return true;
  };
  bool matched = false;
  for (bool first = true;; first = false) {
    if (pattern.empty()) return std::nullopt;
    if (pattern.front() == ']' && !first) break;
    char low = 0;
    if (!read_one(low)) return std::nullopt;
    char high = low;
    if (pattern.starts_with('-')) {
      pattern.remove_prefix(1);
      if (!read_one(high)) return std::nullopt;
    }
    matched = matched || (static_cast<unsigned char>(low) <= static_cast<unsigned char>(c) &&
                          static_cast<unsigned char>(c) <= static_cast<unsigned char>(high));
  }
  pattern.remove_prefix(1);
  return matched != negated;
}

/// Takes one element other than `*` off `pattern` and matches it with `c`; nothing when malformed.
std::optional<bool> match_one(std::string_view& pattern, char c, bool classes) {
  const char p = pattern.front();
  pattern.remove_prefix(1);
  if (p == '?') return true;
  if (p == '[' && classes) return match_class(pattern, c);
  if (p != '\\') return p == c;
  if (pattern.empty()) return std::nullopt;
  const char literal = pattern.front();
  pattern.remove_prefix(1);
  return literal == c;
}

/// The classic linear walk: a failed match goes back to the last star, one character further.
bool match_text(std::string_view pattern, std::string_view text, bool classes) {
  std::optional<std::string_view> star_pattern;
  std::string_view star_text;
  while (true) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      star_pattern = pattern;
      star_text = text;
      continue;
    }
    if (text.empty() && pattern.empty()) return true;
    if (!text.empty() && !pattern.empty()) {
      std::string_view rest = pattern;
      const auto matched = match_one(rest, text.front(), classes);
      if (!matched) return false;
      if (*matched) {
        pattern = rest;
        text.remove_prefix(1);
        continue;
      }
    }
    if (!star_pattern || star_text.empty()) return false;
    star_text.remove_prefix(1);
    text = star_text;
    pattern = *star_pattern;
  }
}

}  // namespace

std::string remove_front(std::string_view value, std::string_view pattern, bool longest) {
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const std::size_t length = longest ? value.size() - i : i;
    if (match_text(pattern, value.substr(0, length), false)) return std::string(value.substr(length));
  }
  return std::string(value);
}

std::string remove_end(std::string_view value, std::string_view pattern, bool longest) {
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const std::size_t start = longest ? i : value.size() - i;
    if (match_text(pattern, value.substr(start), false)) return std::string(value.substr(0, start));
  }
  return std::string(value);
}

std::string replace_matches(std::string_view value, std::string_view pattern, std::string_view replacement,
                            bool all) {
  if (pattern.empty()) return std::string(value);
  std::string out;
  std::size_t at = 0;
  while (at < value.size()) {
    std::size_t length = value.size() - at;
    while (length > 0 && !match_text(pattern, value.substr(at, length), false)) --length;
    if (length == 0) {
      out += value[at++];
      continue;
    }
    out += replacement;
    at += length;
    if (!all) break;
  }
  out += value.substr(at);
  return out;
}

bool match_segment(std::string_view pattern, std::string_view name) {
  return match_text(pattern, name, true);
}

bool is_well_formed(std::string_view pattern) {
  bool escaped = false;
  bool in_class = false;
  for (const char c : pattern) {
    if (escaped) {
      escaped = false;
    } else if (c == '\\') {
      escaped = true;
    } else if (c == '[' && !in_class) {
      in_class = true;
    } else if (c == ']' && in_class) {
      in_class = false;
    }
  }
  return !escaped && !in_class;
}

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[\\") != std::string_view::npos; }

std::string unescape_pattern(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    out += pattern[i];
  }
  return out;
}

}  // namespace runtime::build
