// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/instruction_words.h"

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/build/string_list_json.h"

namespace runtime::build {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";

std::string to_upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

/// Quotes and escapes of a flag's text taken away.
std::string unquote(std::string_view text, char escape) {
  std::string out;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == escape && quote != '\'' && i + 1 < text.size()) {
      out += text[++i];
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

InstructionWords::InstructionWords(const base::Source& source, const LogicalLine& line, char escape,
                                   base::Diagnostics& diagnostics)
    : source_(source), line_(line), escape_(escape), diagnostics_(diagnostics) {
  const std::string_view text = line_.text;
  const auto end = std::min(text.find_first_of(kBlanks), text.size());
  keyword_ = to_upper(text.substr(0, end));
  rest_offset_ = std::min(text.find_first_not_of(kBlanks, end), text.size());
  read_flags();
}

void InstructionWords::read_flags() {
  // HEALTHCHECK takes flags before its CMD; the instructions without flags take no part.
  static constexpr std::string_view kWithFlags[] = {"FROM", "RUN", "COPY", "ADD", "HEALTHCHECK"};
  bool takes_flags = false;
  for (const std::string_view name : kWithFlags) takes_flags = takes_flags || keyword_ == name;
  if (!takes_flags) return;
  const std::string_view text = line_.text;
  for (const RawWord& word : split_raw_words(text.substr(rest_offset_), escape_)) {
    const std::size_t at = rest_offset_ + word.offset;
    if (!word.text.starts_with("--")) {
      rest_offset_ = at;
      return;
    }
    if (word.text == "--") {
      rest_offset_ = std::min(text.find_first_not_of(kBlanks, at + 2), text.size());
      return;
    }
    const std::string flag = unquote(std::string_view(word.text).substr(2), escape_);
    const auto equals = flag.find('=');
    InstructionFlag found{.name = flag.substr(0, equals), .value = {}, .span = {}};
    if (equals != std::string::npos) found.value = flag.substr(equals + 1);
    found.span = line_.span(source_, at, word.text.size());
    flags_.push_back(std::move(found));
  }
  rest_offset_ = text.size();
}

std::vector<Word> InstructionWords::plain_words() const {
  std::vector<Word> words;
  const std::string_view text = line_.text;
  std::size_t at = text.find_first_not_of(kBlanks, rest_offset_);
  while (at != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    words.push_back(
        {.text = std::string(text.substr(at, end - at)), .span = line_.span(source_, at, end - at)});
    at = text.find_first_not_of(kBlanks, end);
  }
  return words;
}

std::vector<Word> InstructionWords::quoted_words() const {
  std::vector<Word> words;
  for (RawWord& word : split_raw_words(rest(), escape_)) {
    const base::Span span = line_.span(source_, rest_offset_ + word.offset, word.text.size());
    words.push_back({.text = std::move(word.text), .span = span});
  }
  return words;
}

std::optional<std::vector<std::string>> InstructionWords::list() const {
  bool not_strings = false;
  auto words = parse_string_list(rest(), not_strings);
  if (not_strings) error(rest_span(), fmt::format("{}: a list may hold only strings", keyword_));
  return words;
}

Command InstructionWords::command() const {
  bool not_strings = false;
  if (auto words = parse_string_list(rest(), not_strings)) {
    return {.form = CommandForm::Exec, .words = std::move(*words)};
  }
  if (not_strings) {
    error(rest_span(), fmt::format("{}: a list may hold only strings", keyword_));
  } else if (rest().starts_with('[') && rest().ends_with(']')) {
    warning(rest_span(), fmt::format("{}: this is no JSON list, so a shell gets it as text", keyword_),
            "in the exec form each word stands in double quotes");
  }
  return {.form = CommandForm::Shell, .words = {std::string(rest())}};
}

void InstructionWords::error(const base::Span& span, std::string message, std::string hint) const {
  base::Error error = base::make_error(base::ErrorClass::Invalid, std::move(message)).at(span);
  error.hint = std::move(hint);
  diagnostics_.error(std::move(error));
}

void InstructionWords::warning(const base::Span& span, std::string message, std::string hint) const {
  base::Error error = base::make_error(base::ErrorClass::Invalid, std::move(message)).at(span);
  error.hint = std::move(hint);
  diagnostics_.warning(std::move(error));
}

}  // namespace runtime::build
