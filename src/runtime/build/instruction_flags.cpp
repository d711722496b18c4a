// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/suggest.h"
#include "runtime/build/instruction_parser.h"

namespace runtime::build {
namespace {

const FlagRule* find_rule(std::initializer_list<FlagRule> rules, std::string_view name) {
  const auto* const found =
      std::find_if(rules.begin(), rules.end(), [&](const FlagRule& rule) { return rule.name == name; });
  return found == rules.end() ? nullptr : found;
}

void report_unknown(const InstructionWords& words, const InstructionFlag& flag,
                    std::initializer_list<FlagRule> rules) {
  std::vector<std::string_view> names;
  for (const FlagRule& rule : rules) names.push_back(rule.name);
  const std::string nearest = base::nearest_name(flag.name, std::span<const std::string_view>(names));
  words.error(flag.span, fmt::format("{} has no flag --{}", words.keyword(), flag.name),
              nearest.empty() ? std::string() : fmt::format("did you mean --{}?", nearest));
}

void check_value(const InstructionWords& words, const InstructionFlag& flag, const FlagRule& rule) {
  if (rule.kind == FlagKind::Bool) {
    if (flag.value && *flag.value != "true" && *flag.value != "false") {
      words.error(flag.span, fmt::format("--{} is true or false, not '{}'", flag.name, *flag.value));
    }
    return;
  }
  if (!flag.value)
    words.error(flag.span, fmt::format("--{} needs a value", flag.name),
                fmt::format("write --{}=...", flag.name));
}

}  // namespace

FlagReader::FlagReader(const InstructionWords& words, std::initializer_list<FlagRule> rules) : words_(words) {
  for (const InstructionFlag& flag : words.flags()) {
    const FlagRule* rule = find_rule(rules, flag.name);
    if (rule == nullptr) {
      report_unknown(words, flag, rules);
      continue;
    }
    if (rule->kind != FlagKind::List && given(flag.name)) {
      words.error(flag.span, fmt::format("--{} is given twice", flag.name));
    }
    check_value(words, flag, *rule);
    flags_.push_back(flag);
  }
}

bool FlagReader::given(std::string_view name) const {
  return std::any_of(flags_.begin(), flags_.end(),
                     [&](const InstructionFlag& flag) { return flag.name == name; });
}

bool FlagReader::boolean(std::string_view name) const {
  return std::any_of(flags_.begin(), flags_.end(), [&](const InstructionFlag& flag) {
    return flag.name == name && flag.value.value_or("true") == "true";
  });
}

Word FlagReader::text(std::string_view name) const {
  for (const InstructionFlag& flag : flags_) {
    if (flag.name == name) return {.text = flag.value.value_or(""), .span = flag.span};
  }
  return {.text = {}, .span = words_.keyword_span()};
}

std::vector<Word> FlagReader::texts(std::string_view name) const {
  std::vector<Word> out;
  for (const InstructionFlag& flag : flags_) {
    if (flag.name == name) out.push_back({.text = flag.value.value_or(""), .span = flag.span});
  }
  return out;
}

}  // namespace runtime::build
