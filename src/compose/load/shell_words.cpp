// SPDX-License-Identifier: Apache-2.0
#include "compose/load/shell_words.h"

#include <fmt/format.h>

namespace compose::load {
namespace {

class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  base::Result<ShellWords> split() {
    for (std::size_t i = 0; i < line_.size(); ++i) {
      if (take(line_[i])) continue;
      if (line_[i] == '(') return invalid("a ( outside quotes");
      drop_from(i);
      break;
    }
    if (escaped_) return invalid("a backslash at the end");
    if (quote_ != '\0') return invalid(fmt::format("an open {}", quote_));
    if (backtick_) return invalid("an open `");
    if (substitution_) return invalid(closes_nothing_ ? "a ) outside quotes" : "an open $(");
    finish_word();
    return std::move(result_);
  }

 private:
  /// False at a character that ends the command.
  bool take(char c) {
    if (escaped_) {
      escaped_ = false;
      return append(c);
    }
    if (c == '\\') {
      if (quote_ == '\'') return append(c);
      escaped_ = true;
      return true;
    }
    const bool bare = quote_ == '\0' && !backtick_ && !substitution_;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (!bare) return append(c);
      finish_word();
      return true;
    }
    if ((c == '"' || c == '\'') && !substitution_ && (quote_ == '\0' || quote_ == c)) {
      in_word_ = true;
      quote_ = quote_ == c ? '\0' : c;
      return true;
    }
    if (c == '`' && quote_ == '\0' && !substitution_) backtick_ = !backtick_;
    if (c == '(' && quote_ == '\0' && !backtick_) {
      if (substitution_ || !word_.ends_with('$')) return false;
      substitution_ = true;
    } else if (c == ')' && quote_ == '\0' && !backtick_) {
      closes_nothing_ = closes_nothing_ || !substitution_;
      substitution_ = !substitution_;
    }
    const bool ends = c == ';' || c == '&' || c == '|' || c == '<' || c == '>';
    if (ends && bare) return false;
    return append(c);
  }

  /// The number in front of > is part of what is dropped.
  void drop_from(std::size_t at) {
    const bool has_number = line_[at] == '>' && !word_.empty() && word_[0] >= '0' && word_[0] <= '9';
    result_.dropped = line_.substr(has_number ? at - word_.size() : at);
    if (!has_number) return;
    word_.clear();
    in_word_ = false;
  }

  bool append(char c) {
    in_word_ = true;
    word_ += c;
    return true;
  }

  void finish_word() {
    if (in_word_) result_.words.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  static tl::unexpected<base::Error> invalid(std::string_view what) {
    return base::fail(
        base::make_error(base::ErrorClass::Invalid, fmt::format("cannot split the command: {}", what))
            .with_hint("write the command as a list of words"));
  }

  std::string_view line_;
  ShellWords result_;
  std::string word_;
  char quote_ = '\0';
  bool in_word_ = false, escaped_ = false, backtick_ = false;
  bool substitution_ = false, closes_nothing_ = false;  // inside $(...); a ) came before any $(
};

}  // namespace

base::Result<ShellWords> split_shell_words(std::string_view line) { return Splitter(line).split(); }

}  // namespace compose::load
