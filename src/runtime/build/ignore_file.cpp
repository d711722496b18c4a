// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/ignore_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/build/wildcard.h"

namespace runtime::build {
namespace {

/// Lexically, as Go's filepath.Clean: no "", ".", and ".." only at the front.
std::vector<std::string> clean_parts(std::string_view pattern) {
  std::vector<std::string> out;
  for (std::string& part : base::split(pattern, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !out.empty() && out.back() != "..") {
      out.pop_back();
    } else if (part != ".." || !pattern.starts_with('/')) {
      out.push_back(std::move(part));
    }
  }
  return out;
}

/// "a**b" means any text, slashes included; within one part it is the same as '*' before and after a '**'
/// part.
bool has_inner_double_star(std::string_view part) { return part.size() > 2 && part.find("**") != part.npos; }

}  // namespace

bool match_parts(const std::vector<std::string>& pattern, std::size_t pattern_at,
                 const std::vector<std::string>& path, std::size_t path_at, std::size_t path_end) {
  // As match_text does for '*': only the last '**' needs to be tried again, so the walk is not exponential.
  std::size_t star_pattern = pattern.size() + 1;
  std::size_t star_path = 0;
  while (true) {
    if (pattern_at < pattern.size() && pattern[pattern_at] == "**") {
      // At the end it stands for what is below, not for the folder itself.
      if (pattern_at + 1 == pattern.size()) return path_at < path_end;
      star_pattern = ++pattern_at;
      star_path = path_at;
      continue;
    }
    if (pattern_at == pattern.size() && path_at == path_end) return true;
    if (pattern_at < pattern.size() && path_at < path_end &&
        match_segment(pattern[pattern_at], path[path_at])) {
      ++pattern_at;
      ++path_at;
      continue;
    }
    if (star_pattern > pattern.size() || star_path == path_end) return false;
    path_at = ++star_path;
    pattern_at = star_pattern;
  }
}

base::Result<> IgnoreRules::add(std::string_view pattern) {
  Rule rule;
  std::string_view body = base::trim(pattern);
  if (body.empty()) return {};
  if (body.starts_with('!')) {
    rule.negated = true;
    body = base::trim(body.substr(1));
    if (body.empty()) return base::fail(base::ErrorClass::Invalid, "'!' has no pattern after it");
  }
  Rule within_part = rule;  // "a**b" matches inside one part, too
  bool has_inner = false;
  for (const std::string& part : clean_parts(body)) {
    if (!is_well_formed(part)) {
      return base::fail(base::ErrorClass::Invalid, fmt::format("'{}' is a malformed pattern", body));
    }
    if (!has_inner_double_star(part)) {
      rule.parts.push_back(part);
      within_part.parts.push_back(part);
      continue;
    }
    has_inner = true;
    within_part.parts.push_back(part);
    const auto stars = part.find("**");
    if (stars != 0) rule.parts.push_back(part.substr(0, stars) + "*");
    rule.parts.emplace_back("**");
    const std::string rest = part.substr(std::min(part.find_first_not_of('*', stars), part.size()));
    if (!rest.empty()) rule.parts.push_back("*" + rest);
  }
  // A pattern that names the context itself excludes nothing: the root is always there.
  if (!rule.parts.empty()) rules_.push_back(std::move(rule));
  if (has_inner) rules_.push_back(std::move(within_part));
  return {};
}

base::Result<IgnoreRules> IgnoreRules::parse(std::string_view text, const std::string& file_name) {
  IgnoreRules rules;
  const base::Source source{.name = file_name, .text = std::string(text)};
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::uint32_t number = 0;
  for (const std::string& line : base::split(text, '\n')) {
    ++number;
    if (line.starts_with('#')) continue;
    auto added = rules.add(line);
    if (added) continue;
    const auto length = static_cast<std::uint32_t>(std::max<std::size_t>(1, base::trim(line).size()));
    return base::fail(
        std::move(added).error().at({.source = &source, .line = number, .column = 1, .length = length}));
  }
  return rules;
}

base::Result<IgnoreRules> IgnoreRules::from_patterns(const std::vector<std::string>& patterns) {
  IgnoreRules rules;
  for (const std::string& pattern : patterns) TRY(rules.add(pattern));
  return rules;
}

bool IgnoreRules::excludes(std::string_view path) const {
  if (rules_.empty() || path.empty()) return false;
  const std::vector<std::string> parts = base::split(path, '/');
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    for (std::size_t end = 1; end <= parts.size(); ++end) {
      if (match_parts(rule->parts, 0, parts, 0, end)) return !rule->negated;
    }
  }
  return false;
}

bool IgnoreRules::may_include_below(std::string_view path) const {
  const std::vector<std::string> parts = base::split(path, '/');
  return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    if (!rule.negated) return false;
    // Some beginning of the pattern must match the folder; a '**' in it may match anything.
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i >= rule.parts.size()) return true;
      if (rule.parts[i] == "**") return true;
      if (!match_segment(rule.parts[i], parts[i])) return false;
    }
    return true;
  });
}

}  // namespace runtime::build
