// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/dockerfile_lines.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/split.h"
#include "base/suggest.h"

namespace runtime::build {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

std::string_view trim_left(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

std::string_view trim_right(std::string_view text) {
  const auto last = text.find_last_not_of(kBlanks);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

/// The file line by line, with line numbers.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  }

  bool next() {
    if (rest_.empty()) return false;
    const auto end = rest_.find('\n');
    with_end_ = rest_.substr(0, end == std::string_view::npos ? rest_.size() : end + 1);
    rest_.remove_prefix(with_end_.size());
    ++number_;
    return true;
  }

  /// Without line feed and carriage return.
  std::string_view line() const {
    std::string_view line = with_end_;
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  std::string_view line_with_end() const { return with_end_; }
  std::uint32_t number() const { return number_; }

 private:
  std::string_view rest_, with_end_;
  std::uint32_t number_ = 0;
};

class Splitter {
 public:
  Splitter(const base::Source& source, base::Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics), reader_(source.text) {}

  DockerfileLines split() {
    read_directives();
    LineReader fresh(source_.text);
    std::swap(reader_, fresh);
    while (reader_.next()) {
      const std::string_view line = trim_left(reader_.line());
      if (line.empty()) {
        comments_.clear();
      } else if (line.starts_with('#')) {
        if (reader_.number() > last_directive_) comments_.emplace_back(base::trim(line.substr(1)));
      } else {
        read_logical_line(line);
        comments_.clear();
      }
    }
    return std::move(out_);
  }

 private:
  base::Span line_span(std::uint32_t number) const {
    const std::string_view line = source_.line(number);
    const auto start = line.size() - trim_left(line).size();
    const auto length = std::max<std::size_t>(1, trim_right(trim_left(line)).size());
    return base::Span{.source = &source_,
                      .line = number,
                      .column = static_cast<std::uint32_t>(start + 1),
                      .length = static_cast<std::uint32_t>(length)};
  }

  /// Directives end at the first line that is not one, even at a plain comment.
  void read_directives() {
    std::vector<std::string> seen;
    while (reader_.next()) {
      std::string_view line = trim_left(reader_.line());
      if (!line.starts_with('#')) return;
      const auto [key, value] = base::split_once(line.substr(1), '=');
      const std::string name = base::to_lower(base::trim(key));
      if (name != "syntax" && name != "escape" && name != "check") return;
      if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
        diagnostics_.error(base::make_error(base::ErrorClass::Invalid,
                                            fmt::format("parser directive '{}' is given twice", name))
                               .at(line_span(reader_.number())));
        return;
      }
      seen.push_back(name);
      last_directive_ = reader_.number();
      apply_directive(name, base::trim(value));
    }
  }

  void apply_directive(const std::string& name, std::string_view value) {
    if (name == "syntax") out_.directives.syntax = value;
    if (name == "check") out_.directives.check = value;
    if (name != "escape") return;
    if (value == "\\" || value == "`") {
      out_.directives.escape = value.front();
      return;
    }
    diagnostics_.error(base::make_error(base::ErrorClass::Invalid,
                                        fmt::format("escape character '{}' is not possible", value))
                           .at(line_span(reader_.number()))
                           .with_hint("it is \\ or `"));
  }

  /// Takes a trailing escape off; false when the line ends the instruction. An escaped escape is text.
  bool take_continuation(std::string_view& line) const {
    const std::string_view body = trim_right(line);
    const char escape = out_.directives.escape;
    if (!body.ends_with(escape)) return false;
    if (body.size() >= 2 && body[body.size() - 2] == escape) return false;
    line = body.substr(0, body.size() - 1);
    return true;
  }

  void append(LogicalLine& logical, std::string_view part) {
    const std::string_view whole = source_.line(reader_.number());
    const auto at = whole.find(part);
    logical.pieces.push_back(
        {.offset = logical.text.size(),
         .line = reader_.number(),
         .column = static_cast<std::uint32_t>((at == std::string_view::npos ? 0 : at) + 1)});
    logical.text += part;
  }

  void read_logical_line(std::string_view line) {
    LogicalLine logical;
    logical.first_line = reader_.number();
    logical.comments = std::exchange(comments_, {});
    bool more = take_continuation(line);
    append(logical, line);
    std::uint32_t empty_line = 0;
    while (more && reader_.next()) {
      std::string_view next = reader_.line();
      const std::string_view body = trim_left(next);
      if (body.starts_with('#')) continue;
      if (body.empty()) {
        empty_line = reader_.number();
        continue;
      }
      more = take_continuation(next);
      append(logical, next);
    }
    if (empty_line != 0) logical.empty_line = line_span(empty_line);
    logical.text = trim_right(logical.text);
    if (logical.text.empty()) return;
    read_heredocs(logical);
    logical.last_line = reader_.number();
    out_.lines.push_back(std::move(logical));
  }

  void read_heredocs(LogicalLine& logical) {
    if (logical.text.find("<<") == std::string::npos) return;
    const std::vector<RawWord> words = split_raw_words(logical.text, out_.directives.escape);
    const bool trigger = words.size() > 1 && base::to_lower(words.front().text) == "onbuild";
    const std::string word = base::to_lower(words[trigger ? 1 : 0].text);
    if (word != "run" && word != "copy" && word != "add") return;
    for (const RawWord& raw : words) {
      HeredocWord found;
      if (!parse_heredoc_word(raw.text, found)) continue;
      Heredoc heredoc{.name = found.name, .content = {}, .expand = found.expand};
      if (!read_heredoc_content(found, heredoc)) {
        diagnostics_.error(
            base::make_error(base::ErrorClass::Invalid, fmt::format("heredoc '{}' does not end", found.name))
                .at(logical.span(source_, raw.offset, raw.text.size()))
                .with_hint(fmt::format("write {} alone on a line after it", found.name)));
      }
      logical.heredocs.push_back(std::move(heredoc));
    }
  }

  bool read_heredoc_content(const HeredocWord& word, Heredoc& heredoc) {
    while (reader_.next()) {
      std::string_view line = reader_.line();
      std::string_view raw = reader_.line_with_end();
      if (word.strip_tabs) {
        while (line.starts_with('\t')) line.remove_prefix(1);
        while (raw.starts_with('\t')) raw.remove_prefix(1);
      }
      if (line == word.name) return true;
      heredoc.content += raw;
    }
    return false;
  }

  const base::Source& source_;
  base::Diagnostics& diagnostics_;
  LineReader reader_;
  std::vector<std::string> comments_;
  std::uint32_t last_directive_ = 0;  ///< Line.
  DockerfileLines out_;
};

}  // namespace

DockerfileLines split_dockerfile(const base::Source& source, base::Diagnostics& diagnostics) {
  return Splitter(source, diagnostics).split();
}

base::Span LogicalLine::span(const base::Source& source, std::size_t offset, std::size_t length) const {
  const Piece* piece = &pieces.front();
  std::size_t end = text.size();
  for (const Piece& candidate : pieces) {
    if (candidate.offset > offset) {
      end = candidate.offset;
      break;
    }
    piece = &candidate;
  }
  const std::size_t room = end > offset ? end - offset : 1;
  return base::Span{.source = &source,
                    .line = piece->line,
                    .column = piece->column + static_cast<std::uint32_t>(offset - piece->offset),
                    .length = static_cast<std::uint32_t>(std::max<std::size_t>(1, std::min(length, room)))};
}

std::vector<RawWord> split_raw_words(std::string_view text, char escape) {
  std::vector<RawWord> words;
  bool inside = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!inside && is_blank(c)) continue;
    if (!inside) {
      words.push_back({.text = {}, .offset = i});
      inside = true;
    }
    std::string& word = words.back().text;
    if (quote == 0 && is_blank(c)) {
      inside = false;
      continue;
    }
    word += c;
    if (c == escape && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    }
  }
  return words;
}

bool parse_heredoc_word(std::string_view word, HeredocWord& heredoc) {
  const auto digits = word.find_first_not_of("0123456789");
  if (digits == std::string_view::npos || !word.substr(digits).starts_with("<<")) return false;
  word.remove_prefix(digits + 2);
  heredoc.strip_tabs = word.starts_with('-');
  if (heredoc.strip_tabs) word.remove_prefix(1);
  if (word.empty() || word.find('<') != std::string_view::npos) return false;
  heredoc.name.clear();
  heredoc.expand = true;
  for (const char c : word) {
    if (c == '"' || c == '\'') {
      heredoc.expand = false;
    } else {
      heredoc.name += c;
    }
  }
  const std::string file = heredoc.name.substr(heredoc.name.find_last_of('/') + 1);
  return !file.empty() && file != "." && file != "..";
}

}  // namespace runtime::build
