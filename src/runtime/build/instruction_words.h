// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "runtime/build/instruction.h"

namespace runtime::build {

/// One `--name=value` before an instruction's arguments.
struct InstructionFlag {
  std::string name;
  std::optional<std::string> value;
  base::Span span;
};

/// An instruction's text taken apart: keyword, flags, the rest. Gives spans, and reports what it meets.
class InstructionWords {
 public:
  InstructionWords(const base::Source& source, const LogicalLine& line, char escape,
                   base::Diagnostics& diagnostics);

  const std::string& keyword() const { return keyword_; }  ///< Upper case.
  base::Span keyword_span() const { return line_.span(source_, 0, keyword_.size()); }
  base::Span span() const { return line_.span(source_, 0, line_.text.size()); }
  std::string_view rest() const { return std::string_view(line_.text).substr(rest_offset_); }
  base::Span rest_span() const { return line_.span(source_, rest_offset_, rest().size()); }
  const LogicalLine& line() const { return line_; }
  char escape() const { return escape_; }
  const std::vector<InstructionFlag>& flags() const { return flags_; }

  /// Words between blanks; quotes do not keep blanks together.
  std::vector<Word> plain_words() const;
  /// Words between blanks, quotes and escapes kept in them and around blanks.
  std::vector<Word> quoted_words() const;
  /// `["a","b"]` as words, or nothing when the rest is not a JSON list.
  std::optional<std::vector<std::string>> list() const;
  /// Exec form when the rest is a JSON list, else shell form.
  Command command() const;

  void error(const base::Span& span, std::string message, std::string hint = {}) const;
  void warning(const base::Span& span, std::string message, std::string hint = {}) const;

 private:
  void read_flags();

  const base::Source& source_;
  const LogicalLine& line_;
  char escape_;
  base::Diagnostics& diagnostics_;
  std::string keyword_;
  std::vector<InstructionFlag> flags_;
  std::size_t rest_offset_ = 0;
};

}  // namespace runtime::build
