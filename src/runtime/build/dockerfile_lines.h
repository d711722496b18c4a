// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"

namespace runtime::build {

/// Text between `<<NAME` on an instruction's line and a line that is NAME alone.
struct Heredoc {
  std::string name;
  /// The last part of the name, for the file that is made of it; never empty, "." or "..".
  std::string file_name() const { return name.substr(name.find_last_of('/') + 1); }
  std::string content;  ///< With its line ends; leading tabs taken off already for `<<-`.
  bool expand = true;   ///< False when NAME was quoted: the text is taken as it stands.
  bool operator==(const Heredoc&) const = default;
};

/// `# name=value` lines above everything else. Dockerfile reference: Parser directives.
struct ParserDirectives {
  std::string syntax;  ///< Read and ignored: this builder is the only frontend.
  std::string check;
  char escape = '\\';
};

/// One instruction's text: continued lines joined, comments between them gone.
struct LogicalLine {
  std::string text;
  std::vector<Heredoc> heredocs;
  std::uint32_t first_line = 0, last_line = 0;  ///< 1-based, heredocs included.
  std::optional<base::Span> empty_line;         ///< The last one among continued lines.
  std::vector<std::string> comments;            ///< Right above it, without "#" and blanks around.

  /// Where the part of `text` at `offset` stands in the file.
  base::Span span(const base::Source& source, std::size_t offset, std::size_t length) const;

  struct Piece {
    std::size_t offset;
    std::uint32_t line, column;
  };
  std::vector<Piece> pieces;  ///< Where each joined line begins in `text`; in order.
};

struct DockerfileLines {
  ParserDirectives directives;
  std::vector<LogicalLine> lines;
};

/// Splits a Dockerfile into instructions. Errors (unknown escape, unterminated heredoc) go to
/// `diagnostics`.
DockerfileLines split_dockerfile(const base::Source& source, base::Diagnostics& diagnostics);

/// Words of `text` between blanks; quotes and escapes keep blanks together and stay in the words.
/// Offsets are of the words in `text`.
struct RawWord {
  std::string text;
  std::size_t offset = 0;
};
std::vector<RawWord> split_raw_words(std::string_view text, char escape);

/// A word `<<NAME`, `<<-NAME`, `<<"NAME"`, `3<<NAME`; false when `word` is none, or its name is none for a
/// file.
struct HeredocWord {
  std::string name;
  bool strip_tabs = false, expand = true;
};
bool parse_heredoc_word(std::string_view word, HeredocWord& heredoc);

}  // namespace runtime::build
