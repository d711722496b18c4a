// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "runtime/build/instruction_words.h"

namespace runtime::build {

/// How a flag's value is written, and whether it may come several times.
enum class FlagKind { Text, Bool, List };
struct FlagRule {
  std::string_view name;
  FlagKind kind = FlagKind::Text;
};

/// Checks the flags of an instruction against its rules and hands them out.
class FlagReader {
 public:
  FlagReader(const InstructionWords& words, std::initializer_list<FlagRule> rules);
  /// The flag's value, empty text when it is not given.
  Word text(std::string_view name) const;
  bool given(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::vector<Word> texts(std::string_view name) const;

 private:
  const InstructionWords& words_;
  std::vector<InstructionFlag> flags_;
};

/// Each reads one kind of instruction; empty after an error, which went to the words' diagnostics.
std::optional<InstructionBody> parse_from(const InstructionWords& words);
std::optional<InstructionBody> parse_copy(const InstructionWords& words);
std::optional<InstructionBody> parse_run(const InstructionWords& words);
std::optional<InstructionBody> parse_health_check(const InstructionWords& words);
std::optional<InstructionBody> parse_arg(const InstructionWords& words);
/// "ENV name the rest": without "=", so one name and one value.
bool is_old_form(const InstructionWords& words);
/// ENV and LABEL: "a=b c=d", or the old "a b".
std::optional<std::vector<KeyValue>> parse_key_values(const InstructionWords& words);

}  // namespace runtime::build
