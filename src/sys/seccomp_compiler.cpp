// SPDX-License-Identifier: Apache-2.0
#include "sys/seccomp_compiler.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cerrno>
#include <cstddef>
#include <map>

#include <fmt/format.h>

#include "sys/seccomp_numbers.h"

namespace sys {
namespace {

using Code = std::vector<sock_filter>;

constexpr std::uint32_t kX32Bit = 0x40000000;

sock_filter statement(int code, std::uint32_t value) {
  return {static_cast<std::uint16_t>(code), 0, 0, value};
}
sock_filter jump(int condition, std::uint32_t value, std::size_t if_true, std::size_t if_false) {
  return {static_cast<std::uint16_t>(BPF_JMP | condition | BPF_K), static_cast<std::uint8_t>(if_true),
          static_cast<std::uint8_t>(if_false), value};
}
sock_filter load(std::size_t offset) {
  return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
sock_filter answer(std::uint32_t verdict) { return statement(BPF_RET | BPF_K, verdict); }

void append(Code& code, const Code& more) { code.insert(code.end(), more.begin(), more.end()); }

// Each argument is 64 bits in the machine's own byte order; a filter loads 32 at a time.
constexpr std::size_t kLowWord = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;
sock_filter load_low(std::uint32_t argument) {
  return load(offsetof(seccomp_data, args) + 8 * argument + kLowWord);
}
sock_filter load_high(std::uint32_t argument) {
  return load(offsetof(seccomp_data, args) + 8 * argument + (4 - kLowWord));
}
std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

// Jumps inside a condition go to its end (it holds) or, marked so, to the next rule (it does not); they
// are put right once the length of the whole rule is known.
constexpr std::uint8_t kNextRule = 0xff;

/// Instructions that fall through when the condition holds and jump to kNextRule when not.
Code compile_condition(const SeccompCondition& condition) {
  const std::uint32_t argument = condition.argument;
  const std::uint32_t low_value = low(condition.value);
  const std::uint32_t high_value = high(condition.value);
  switch (condition.operation) {
    case SeccompOperator::Equal:
      return {load_high(argument), jump(BPF_JEQ, high_value, 0, kNextRule), load_low(argument),
              jump(BPF_JEQ, low_value, 0, kNextRule)};
    case SeccompOperator::NotEqual:
      return {load_high(argument), jump(BPF_JEQ, high_value, 0, 2), load_low(argument),
              jump(BPF_JEQ, low_value, kNextRule, 0)};
    case SeccompOperator::Less:
      return {load_high(argument), jump(BPF_JGT, high_value, kNextRule, 0), jump(BPF_JEQ, high_value, 0, 2),
              load_low(argument), jump(BPF_JGE, low_value, kNextRule, 0)};
    case SeccompOperator::LessOrEqual:
      return {load_high(argument), jump(BPF_JGT, high_value, kNextRule, 0), jump(BPF_JEQ, high_value, 0, 2),
              load_low(argument), jump(BPF_JGT, low_value, kNextRule, 0)};
    case SeccompOperator::Greater:
      return {load_high(argument), jump(BPF_JGT, high_value, 3, 0), jump(BPF_JEQ, high_value, 0, kNextRule),
              load_low(argument), jump(BPF_JGT, low_value, 0, kNextRule)};
    case SeccompOperator::GreaterOrEqual:
      return {load_high(argument), jump(BPF_JGT, high_value, 3, 0), jump(BPF_JEQ, high_value, 0, kNextRule),
              load_low(argument), jump(BPF_JGE, low_value, 0, kNextRule)};
    case SeccompOperator::MaskedEqual:
      return {load_high(argument),
              statement(BPF_ALU | BPF_AND | BPF_K, high_value),
              jump(BPF_JEQ, high(condition.value_two), 0, kNextRule),
              load_low(argument),
              statement(BPF_ALU | BPF_AND | BPF_K, low_value),
              jump(BPF_JEQ, low(condition.value_two), 0, kNextRule)};
  }
  return {};
}

/// One rule of one call, with its answer; what follows is the next rule.
Code compile_rule(const SeccompCall& rule) {
  Code code;
  for (const SeccompCondition& condition : rule.conditions) append(code, compile_condition(condition));
  code.push_back(answer(rule.verdict));
  for (std::size_t at = 0; at + 1 < code.size(); ++at) {
    const auto to_next = static_cast<std::uint8_t>(code.size() - at - 1);
    if (BPF_CLASS(code[at].code) != BPF_JMP) continue;
    if (code[at].jt == kNextRule) code[at].jt = to_next;
    if (code[at].jf == kNextRule) code[at].jf = to_next;
  }
  return code;
}

bool is_single_small_equal(const SeccompCall& rule) {
  return rule.conditions.size() == 1 && rule.conditions[0].operation == SeccompOperator::Equal &&
         high(rule.conditions[0].value) == 0;
}

/// A run of rules that compare one argument with one small number each: the argument is loaded once.
/// Returns how many rules were taken.
std::size_t compile_value_list(const std::vector<const SeccompCall*>& rules, std::size_t first, Code& code) {
  constexpr std::size_t kLongest = 100;  // The jumps over the list have eight bits.
  const SeccompCall& head = *rules[first];
  std::size_t count = 0;
  while (first + count < rules.size() && count < kLongest) {
    const SeccompCall& rule = *rules[first + count];
    const bool fits = is_single_small_equal(rule) && rule.verdict == head.verdict &&
                      rule.conditions[0].argument == head.conditions[0].argument;
    if (!fits) break;
    ++count;
  }
  const std::uint32_t argument = head.conditions[0].argument;
  // load; high word set: over the list; load; one comparison each; over the answer; answer
  code.push_back(load_high(argument));
  code.push_back(jump(BPF_JEQ, 0, 0, count + 2));
  code.push_back(load_low(argument));
  for (std::size_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    code.push_back(jump(BPF_JEQ, low(rules[first + i]->conditions[0].value), count - 1 - i, last ? 1 : 0));
  }
  code.push_back(answer(head.verdict));
  return count;
}

/// All rules of one call, ending with an answer in every case.
Code compile_call(const std::vector<const SeccompCall*>& rules, std::uint32_t default_verdict) {
  Code code;
  for (std::size_t at = 0; at < rules.size();) {
    if (rules[at]->conditions.empty()) {
      code.push_back(answer(rules[at]->verdict));
      return code;
    }
    if (is_single_small_equal(*rules[at])) {
      at += compile_value_list(rules, at, code);
    } else {
      append(code, compile_rule(*rules[at]));
      ++at;
    }
  }
  code.push_back(answer(default_verdict));
  return code;
}

/// Numbers from `first` up to the next range's first, with what to do about them.
struct Range {
  std::uint32_t first;
  Code code;
};

bool same_code(const Code& a, const Code& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].code != b[i].code || a[i].jt != b[i].jt || a[i].jf != b[i].jf || a[i].k != b[i].k) return false;
  }
  return true;
}

using CallTable = std::map<std::uint32_t, std::vector<const SeccompCall*>>;

std::vector<Range> make_ranges(const CallTable& table, std::uint32_t default_verdict,
                               std::uint32_t beyond_verdict) {
  std::vector<Range> ranges;
  const auto add = [&ranges](std::uint32_t first, Code code) {
    // Only plain answers are shared: code with a condition is one call's.
    if (!ranges.empty() && code.size() == 1 && same_code(ranges.back().code, code)) return;
    ranges.push_back({first, std::move(code)});
  };
  std::uint32_t next = 0;
  for (const auto& [number, rules] : table) {
    if (number > next) add(next, {answer(default_verdict)});
    add(number, compile_call(rules, default_verdict));
    next = number + 1;
  }
  add(next, {answer(beyond_verdict)});
  return ranges;
}

/// Binary search; the number is in the accumulator.
Code search(const std::vector<Range>& ranges, std::size_t first, std::size_t last) {
  if (last - first == 1) return ranges[first].code;
  const std::size_t middle = first + (last - first) / 2;
  const Code left = search(ranges, first, middle);
  const Code right = search(ranges, middle, last);
  Code code;
  if (left.size() < 256) {
    code.push_back(jump(BPF_JGE, ranges[middle].first, left.size(), 0));
  } else {
    code.push_back(jump(BPF_JGE, ranges[middle].first, 0, 1));
    code.push_back(statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(left.size())));
  }
  append(code, left);
  append(code, right);
  return code;
}

bool refuses(std::uint32_t verdict) {
  const std::uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;
  return action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_KILL_PROCESS ||
         action == SECCOMP_RET_KILL_THREAD || action == SECCOMP_RET_TRAP;
}

base::Result<Code> compile_architecture(const SeccompFilter& filter, std::uint32_t architecture) {
  CallTable table;
  for (const SeccompCall& call : filter.calls) {
    const std::optional<std::uint32_t> number = find_call_number(architecture, call.name);
    if (number) table[*number & ~kX32Bit].push_back(&call);
  }
  const std::uint32_t beyond =
      refuses(filter.default_verdict) ? SECCOMP_RET_ERRNO | ENOSYS : filter.default_verdict;
  const std::vector<Range> ranges = make_ranges(table, filter.default_verdict, beyond);
  return search(ranges, 0, ranges.size());
}

/// `body` when the word at hand equals `value`; what follows otherwise.
Code when_equal(std::uint32_t value, const Code& body) {
  Code code{jump(BPF_JEQ, value, 1, 0), statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(body.size()))};
  append(code, body);
  return code;
}

/// x86_64 and x32 share one architecture value; a bit of the number tells them apart.
Code join_x32(const Code& native, const Code& x32) {
  Code code{load(offsetof(seccomp_data, nr)), jump(BPF_JGE, kX32Bit, 1, 0),
            statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(x32.size() + 1)),
            statement(BPF_ALU | BPF_AND | BPF_K, ~kX32Bit)};
  append(code, x32);
  append(code, native);
  return code;
}

base::Result<> check(const SeccompFilter& filter) {
  for (const SeccompCall& call : filter.calls) {
    for (const SeccompCondition& condition : call.conditions) {
      if (condition.argument <= 5) continue;
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("seccomp: {} has no argument {}; they count from "
                                    "0 to 5",
                                    call.name, condition.argument));
    }
    // The jumps of one rule have eight bits.
    if (call.conditions.size() > 30) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("seccomp: too many conditions for {}", call.name));
    }
  }
  return {};
}

}  // namespace

base::Result<std::string> compile_seccomp_filter(const SeccompFilter& filter) {
  TRY(check(filter));
  std::map<std::uint32_t, Code> sections;
  Code x32;
  std::vector<std::uint32_t> architectures;
  for (const std::string& name : filter.architectures) {
    const std::optional<std::uint32_t> token = find_architecture(name);
    if (!token)
      return base::fail(base::ErrorClass::Invalid, fmt::format("seccomp: unknown architecture {}", name));
    architectures.push_back(*token);
  }
  if (architectures.empty()) architectures.push_back(native_architecture());
  const std::uint32_t x32_token = *find_architecture("SCMP_ARCH_X32");
  for (const std::uint32_t architecture : architectures) {
    // Where the kernel has no x32, its numbers are only numbers too high.
    if (architecture == x32_token && !runs_x32()) continue;
    Code body = TRY(compile_architecture(filter, architecture));
    if (architecture == x32_token)
      x32 = std::move(body);
    else
      sections[audit_architecture(architecture)] = std::move(body);
  }
  Code code{load(offsetof(seccomp_data, arch))};
  for (auto& [architecture, body] : sections) {
    Code section;
    if (architecture == AUDIT_ARCH_X86_64 && !x32.empty()) {
      section = join_x32(body, x32);
    } else {
      section.push_back(load(offsetof(seccomp_data, nr)));
      append(section, body);
    }
    append(code, when_equal(architecture, section));
  }
  code.push_back(answer(SECCOMP_RET_KILL_PROCESS));
  if (code.size() > BPF_MAXINSNS) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("seccomp: the filter has {} instructions, at most {} are possible",
                                  code.size(), BPF_MAXINSNS));
  }
  return std::string(reinterpret_cast<const char*>(code.data()), code.size() * sizeof(sock_filter));
}

}  // namespace sys
