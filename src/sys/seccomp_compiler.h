// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sys {

enum class SeccompOperator : std::uint8_t {
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual,
  MaskedEqual,  ///< (argument & value) == value_two
};

/// One comparison of one argument (0 to 5), all 64 bits of it.
struct SeccompCondition {
  std::uint32_t argument = 0;
  SeccompOperator operation = SeccompOperator::Equal;
  std::uint64_t value = 0, value_two = 0;
};

/// What happens to one call when all conditions hold. `verdict` is SECCOMP_RET_* with its data.
struct SeccompCall {
  std::string name;
  std::uint32_t verdict = 0;
  std::vector<SeccompCondition> conditions;
};

/// A filter to compile. For one call the first rule whose conditions hold decides.
struct SeccompFilter {
  std::uint32_t default_verdict = 0;
  std::vector<std::string> architectures;  ///< "SCMP_ARCH_X86_64"; empty: the machine's own.
  std::vector<SeccompCall> calls;
};

/// The filter as instructions (struct sock_filter[] as bytes): a binary search over ranges of numbers.
/// Names that no listed architecture has are skipped. Where the default refuses, a call with a number
/// above all the filter names is answered ENOSYS, so that C libraries fall back to what they used before.
/// Calls of an architecture that is not listed end the process. Invalid for an unknown architecture or
/// argument.
base::Result<std::string> compile_seccomp_filter(const SeccompFilter& filter);

}  // namespace sys
