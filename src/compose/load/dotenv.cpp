// SPDX-License-Identifier: Apache-2.0
#include "compose/load/dotenv.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "base/split.h"

namespace compose::load {
namespace {

using base::ErrorClass;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '[' || c == ']' || static_cast<unsigned char>(c) >= 0x80;
}

/// Text of a double-quoted value with its escapes replaced; `\$` becomes `$$` so that interpolation
/// leaves it alone.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[++i];
    constexpr std::string_view kNames = "abfnrtv", kBytes = "\a\b\f\n\r\t\v";
    if (const auto at = kNames.find(next); at != std::string_view::npos) {
      out += kBytes[at];
    } else if (next == '$') {
      out += "$$";
    } else if (next == '\\' || next == '"') {
      out += next;
    } else if (next == '0') {
      int value = 0, digits = 0;
      while (digits < 3 && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '7') {
        value = value * 8 + (text[++i] - '0');
        ++digits;
      }
      if (digits == 0)
        out += "\\0";
      else
        out += static_cast<char>(value & 0xFF);
    } else {
      out += '\\';
      out += next;
    }
  }
  return out;
}

class DotenvReader {
 public:
  DotenvReader(const base::Source& source, const VariableLookup& find, const VariableLookup& find_last)
      : source_(source), find_(find), find_last_(find_last), text_(source.text) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  base::Result<std::vector<EnvEntry>> read() {
    while (skip_to_statement()) TRY(read_statement());
    return std::move(entries_);
  }

 private:
  bool skip_to_statement() {
    while (at_ < text_.size()) {
      if (text_[at_] == '\n') {
        next_line();
      } else if (is_blank(text_[at_])) {
        ++at_;
      } else if (text_[at_] == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return true;
      }
    }
    return false;
  }

  void next_line() {
    ++at_;
    ++line_;
    line_start_ = at_;
  }

  base::Span span(std::size_t from, std::size_t to) const {
    return {&source_, line_, static_cast<std::uint32_t>(from - line_start_ + 1),
            static_cast<std::uint32_t>(std::max<std::size_t>(to - from, 1))};
  }

  tl::unexpected<base::Error> fail_at(const base::Span& where, std::string message, std::string hint) const {
    return base::fail(
        base::make_error(ErrorClass::Invalid, std::move(message)).at(where).with_hint(std::move(hint)));
  }

  std::size_t line_end() const { return std::min(text_.find('\n', at_), text_.size()); }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  base::Result<> read_statement() {
    if (text_.substr(at_).starts_with("export") && at_ + 6 < text_.size() && is_blank(text_[at_ + 6])) {
      at_ += 6;
      skip_blanks();
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && is_key_char(text_[at_])) ++at_;
    EnvEntry entry{
        .name = std::string(text_.substr(start, at_ - start)), .value = {}, .span = span(start, at_)};
    skip_blanks();
    const char next = at_ < text_.size() ? text_[at_] : '\n';
    if (next == '\n' || next == '#') {
      if (!entry.name.empty()) entries_.push_back(std::move(entry));
      at_ = line_end();
      return {};
    }
    if (entry.name.empty() || (next != '=' && next != ':')) {
      const bool has_blank = !entry.name.empty() && is_blank(text_[at_ - 1]);
      if (has_blank)
        return fail_at(span(start, at_), "a variable name cannot contain blanks",
                       "write one NAME=value a line");
      const std::size_t bad = entry.name.empty() ? start : at_;
      return fail_at(span(bad, bad + 1),
                     fmt::format("unexpected character \"{}\" in a variable name", text_[bad]),
                     "write one NAME=value a line");
    }
    ++at_;
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    entry.value = TRY(read_value());
    entries_.push_back(std::move(entry));
    return {};
  }

  base::Result<std::string> read_value() {
    const char quote = at_ < text_.size() ? text_[at_] : '\n';
    if (quote == '"' || quote == '\'') return read_quoted(quote);
    const std::size_t start = at_, end = line_end();
    std::string_view raw = text_.substr(start, end - start);
    for (std::size_t i = 1; i < raw.size(); ++i) {  // a # that begins the value is part of it
      if (raw[i] == '#' && raw[i - 1] == ' ') {
        raw = raw.substr(0, i);
        break;
      }
    }
    const base::Span where = span(start, end);
    at_ = end;
    return interpolate(base::trim(raw), where);
  }

  base::Result<std::string> read_quoted(char quote) {
    const std::size_t start = at_;
    const base::Span where = span(start, start + 1);
    std::size_t end = start + 1;
    while (end < text_.size() && !(text_[end] == quote && !is_escaped(start, end))) ++end;
    if (end == text_.size()) {
      return fail_at(where, "the quoted value is not closed", fmt::format("add the missing {}", quote));
    }
    const std::string_view raw = text_.substr(start + 1, end - start - 1);
    for (at_ = start; at_ < end;) {
      if (text_[at_] == '\n')
        next_line();
      else
        ++at_;
    }
    at_ = end + 1;
    // what follows the closing quote on its line is ignored, as docker compose does
    at_ = line_end();
    if (quote == '"') return interpolate(unescape(raw), where);
    std::string value;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '\\' && i + 1 < raw.size() && raw[i + 1] == '\'') continue;
      value += raw[i];
    }
    return value;
  }

  bool is_escaped(std::size_t start, std::size_t at) const {
    std::size_t slashes = 0;
    while (at > start + 1 && text_[at - 1] == '\\') --at, ++slashes;
    return slashes % 2 == 1;
  }

  base::Result<std::string> interpolate(std::string_view text, const base::Span& where) {
    if (text.find('$') == std::string_view::npos) return std::string(text);
    const VariableLookup lookup = [&](std::string_view name) -> const Variable* {
      if (const Variable* outer = find_(name)) return outer;
      for (const EnvEntry& entry : std::views::reverse(entries_)) {
        if (entry.name != name || !entry.value) continue;
        found_ = {*entry.value, ""};
        return &found_;
      }
      return find_last_ ? find_last_(name) : nullptr;
    };
    auto result = substitute(text, lookup);
    if (!result) return base::fail(std::move(result.error()).at(where));
    return std::move(result->text);
  }

  const base::Source& source_;
  const VariableLookup& find_;
  const VariableLookup& find_last_;
  std::string_view text_;
  std::size_t at_ = 0, line_start_ = 0;
  std::uint32_t line_ = 1;
  std::vector<EnvEntry> entries_;
  Variable found_;
};

}  // namespace

base::Result<std::vector<EnvEntry>> read_dotenv(const base::Source& source, const VariableLookup& find,
                                                const VariableLookup& find_last) {
  return DotenvReader(source, find, find_last).read();
}

base::Result<std::vector<EnvEntry>> read_raw_env(const base::Source& source) {
  std::vector<EnvEntry> entries;
  std::uint32_t number = 0;
  for (const std::string& line : base::split(source.text, '\n')) {
    ++number;
    std::string_view rest = line;
    if (number == 1 && rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    const auto first = rest.find_first_not_of(" \t");
    if (first == std::string_view::npos || rest[first] == '#') continue;
    rest.remove_prefix(first);
    const auto [name, value] = base::split_once(rest, '=');
    const base::Span span{&source, number, static_cast<std::uint32_t>(first + 1),
                          static_cast<std::uint32_t>(std::max<std::size_t>(name.size(), 1))};
    if (name.empty() || name.find_first_of(" \t") != std::string_view::npos) {
      return base::fail(
          base::make_error(ErrorClass::Invalid, fmt::format("invalid variable name \"{}\"", name))
              .at(span)
              .with_hint("write one NAME=value a line"));
    }
    const bool has_value = rest.size() > name.size();
    entries.push_back(
        {std::string(name), has_value ? std::optional<std::string>(value) : std::nullopt, span});
  }
  return entries;
}

}  // namespace compose::load
