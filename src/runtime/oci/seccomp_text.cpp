// SPDX-License-Identifier: Apache-2.0
#include "runtime/oci/seccomp_text.h"

#include <array>

namespace runtime::oci {
namespace {

template <class T>
struct Word {
  std::string_view text;
  T value;
};

/// The first word of a value is the one that is written.
constexpr std::array kActions{
    Word<SeccompAction>{"SCMP_ACT_ALLOW", SeccompAction::Allow},
    Word<SeccompAction>{"SCMP_ACT_ERRNO", SeccompAction::Errno},
    Word<SeccompAction>{"SCMP_ACT_KILL_THREAD", SeccompAction::KillThread},
    Word<SeccompAction>{"SCMP_ACT_KILL", SeccompAction::KillThread},
    Word<SeccompAction>{"SCMP_ACT_KILL_PROCESS", SeccompAction::KillProcess},
    Word<SeccompAction>{"SCMP_ACT_TRAP", SeccompAction::Trap},
    Word<SeccompAction>{"SCMP_ACT_TRACE", SeccompAction::Trace},
    Word<SeccompAction>{"SCMP_ACT_LOG", SeccompAction::Log},
};
constexpr std::array kComparisons{
    Word<SeccompComparison>{"SCMP_CMP_EQ", SeccompComparison::Equal},
    Word<SeccompComparison>{"SCMP_CMP_NE", SeccompComparison::NotEqual},
    Word<SeccompComparison>{"SCMP_CMP_LT", SeccompComparison::Less},
    Word<SeccompComparison>{"SCMP_CMP_LE", SeccompComparison::LessOrEqual},
    Word<SeccompComparison>{"SCMP_CMP_GT", SeccompComparison::Greater},
    Word<SeccompComparison>{"SCMP_CMP_GE", SeccompComparison::GreaterOrEqual},
    Word<SeccompComparison>{"SCMP_CMP_MASKED_EQ", SeccompComparison::MaskedEqual},
};

template <class T, std::size_t N>
std::string_view find_text(const std::array<Word<T>, N>& words, T value) {
  for (const Word<T>& word : words) {
    if (word.value == value) return word.text;
  }
  return {};
}

template <class T, std::size_t N>
std::optional<T> find_value(const std::array<Word<T>, N>& words, std::string_view text) {
  for (const Word<T>& word : words) {
    if (word.text == text) return word.value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_text(SeccompAction action) { return find_text(kActions, action); }
std::string_view to_text(SeccompComparison comparison) { return find_text(kComparisons, comparison); }

std::optional<SeccompAction> parse_seccomp_action(std::string_view text) {
  return find_value(kActions, text);
}
std::optional<SeccompComparison> parse_seccomp_comparison(std::string_view text) {
  return find_value(kComparisons, text);
}

}  // namespace runtime::oci
