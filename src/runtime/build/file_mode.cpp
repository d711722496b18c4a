// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/file_mode.h"

#include <sys/stat.h>

#include <charconv>

#include <fmt/format.h>

#include "base/split.h"

namespace runtime::build {
namespace {

constexpr std::uint32_t kAll = 07777;

tl::unexpected<base::Error> invalid(std::string_view text) {
  return base::fail(base::make_error(base::ErrorClass::Invalid, fmt::format("'{}' is no file mode", text))
                        .with_hint("write octal digits (0644) or symbols (u=rw,go=r)"));
}

}  // namespace

base::Result<FileMode> FileMode::parse(std::string_view text) {
  FileMode mode;
  std::uint32_t octal = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), octal, 8);
  if (code == std::errc() && end == text.data() + text.size() && octal <= kAll) {
    mode.octal_ = octal;
    return mode;
  }
  for (const std::string& clause : base::split(text, ',')) {
    if (!parse_clause(clause, mode.clauses_)) return invalid(text);
  }
  return mode;
}

base::Result<> FileMode::parse_clause(std::string_view text, std::vector<Clause>& clauses) {
  std::uint32_t who = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == 'u') {
      who |= 04700;
    } else if (c == 'g') {
      who |= 02070;
    } else if (c == 'o') {
      who |= 01007;
    } else if (c == 'a') {
      who |= kAll;
    } else {
      break;
    }
  }
  if (who == 0) who = kAll;
  if (at == text.size()) return invalid(text);
  while (at < text.size()) {
    Clause clause{.who = who, .operation = text[at++]};
    if (clause.operation != '=' && clause.operation != '+' && clause.operation != '-') return invalid(text);
    for (; at < text.size() && text[at] != '=' && text[at] != '+' && text[at] != '-'; ++at) {
      switch (text[at]) {
        case 'r': clause.bits |= 0444; break;
        case 'w': clause.bits |= 0222; break;
        case 'x': clause.bits |= 0111; break;
        case 's': clause.bits |= 06000; break;
        case 't': clause.bits |= 01000; break;
        case 'X': clause.execute_if_any = true; break;
        case 'u': clause.copied_shift = 6; break;
        case 'g': clause.copied_shift = 3; break;
        case 'o': clause.copied_shift = 0; break;
        default: return invalid(text);
      }
    }
    clauses.push_back(clause);
  }
  return {};
}

std::uint32_t FileMode::folder_mode() const { return octal_.value_or(0755) & 0755; }

std::uint32_t FileMode::apply(std::uint32_t mode) const {
  if (octal_) return *octal_;
  std::uint32_t out = mode & kAll;
  for (const Clause& clause : clauses_) {
    std::uint32_t bits = clause.bits;
    if (clause.execute_if_any && (S_ISDIR(mode) || (out & 0111) != 0)) bits |= 0111;
    if (clause.copied_shift >= 0) bits |= 0111 * ((out >> clause.copied_shift) & 07);
    bits &= clause.who;
    if (clause.operation == '=') out &= ~clause.who;
    if (clause.operation == '-') {
      out &= ~bits;
    } else {
      out |= bits;
    }
  }
  return out;
}

}  // namespace runtime::build
