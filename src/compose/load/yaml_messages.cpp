// SPDX-License-Identifier: Apache-2.0
#include "compose/load/yaml_messages.h"

#include <algorithm>

#include <fmt/format.h>

#include "compose/load/utf8.h"

namespace compose::load {
namespace {

struct Wording {
  std::string_view theirs;  ///< Start of the library's message.
  std::string_view ours;
  std::string_view hint;
};

constexpr Wording kWordings[] = {
    {"illegal map value", "a mapping value is not allowed here",
     "check the indentation; a value that contains \": \" needs quotes"},
    {"end of map not found", "expected another key of the mapping, or its end",
     "check the indentation of this line against the lines above"},
    {"end of sequence not found", "expected another \"- \" item of the list, or its end",
     "check the indentation of this line against the lines above"},
    {"end of map flow not found", "missing } at the end of a mapping", ""},
    {"end of sequence flow not found", "missing ] at the end of a list", ""},
    {"illegal flow end", "] or } without its beginning", "quote the value if it is text"},
    {"illegal block entry", "a list item is not allowed here", "put the list on lines of its own"},
    {"illegal character in scalar", "this character cannot begin a value", "put the value in quotes"},
    {"illegal EOF in scalar", "a quoted text is not closed", "add the missing quote"},
    {"illegal tab", "a tab is not allowed as indentation", "indent with blanks"},
    {"the referenced anchor is not defined", "no such anchor in this document",
     "anchors cannot cross files or documents"},
    {"unknown token", "no value can begin with this character", "quote the value if it is text"},
    {"unknown escape character", "unknown escape in a double-quoted text",
     "use single quotes for literal text"},
};

base::Span span_of_offset(const base::Source& source, std::size_t offset) {
  const std::string_view before = std::string_view(source.text).substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto line_start = before.rfind('\n');
  const std::size_t column = line_start == std::string_view::npos ? offset + 1 : offset - line_start;
  return {&source, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column), 1};
}

bool has_tab_indentation(std::string_view line) {
  const auto first = line.find_first_not_of(" \t");
  return line.substr(0, first).find('\t') != std::string_view::npos;
}

}  // namespace

std::optional<base::Error> find_bad_character(const base::Source& source) {
  const std::string_view text = source.text;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte < 0x7F) {
      ++i;
      continue;
    }
    const bool control = (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') || byte == 0x7F;
    const std::size_t length = control ? 0 : utf8_length(text.substr(i));
    if (length == 0) {
      return base::make_error(base::ErrorClass::Invalid,
                              control ? fmt::format("control character 0x{:02X} in YAML text", byte)
                                      : fmt::format("byte 0x{:02X} is not valid UTF-8", byte))
          .at(span_of_offset(source, i))
          .with_hint("save the file as UTF-8 text");
    }
    i += length;
  }
  return std::nullopt;
}

base::Error explain_syntax_error(const base::Source& source, std::string_view message, std::uint32_t line,
                                 std::uint32_t column) {
  const auto lines = 1 + std::count(source.text.begin(), source.text.end(), '\n');
  line = std::clamp<std::uint32_t>(line, 1, static_cast<std::uint32_t>(lines));
  if (line == lines && source.line(line).empty()) {
    // the end of the text is shown behind its last line
    while (line > 1 && source.line(line).empty()) --line;
    column = static_cast<std::uint32_t>(source.line(line).size()) + 1;
  }
  const base::Span span{&source, line, std::max<std::uint32_t>(column, 1), 1};
  std::string text = fmt::format("malformed YAML: {}", message);
  std::string hint;
  for (const Wording& wording : kWordings) {
    if (!message.starts_with(wording.theirs)) continue;
    text = fmt::format("malformed YAML: {}", wording.ours);
    hint = wording.hint;
    break;
  }
  if (has_tab_indentation(source.line(line))) {
    text = "malformed YAML: a tab is not allowed as indentation";
    hint = "indent with blanks";
  }
  return base::make_error(base::ErrorClass::Invalid, std::move(text)).at(span).with_hint(std::move(hint));
}

}  // namespace compose::load
