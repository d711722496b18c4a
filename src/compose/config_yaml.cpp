// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "compose/config.h"
#include "compose/config_text.h"
#include "compose/load/scalar.h"

namespace compose::config {
namespace {

using load::Entry;
using load::Kind;
using load::Tree;

/// Where a character begins that YAML 1.1 takes for a line break, or that editors hide: U+0080 to
/// U+009F, U+2028, U+2029, U+FEFF. Its length in bytes, and its number; 0 when it is another.
std::pair<std::size_t, unsigned> special_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0) return {2, byte(1)};
  if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9))
    return {3, 0x2000 + byte(2) - 0x80};
  if (byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF) return {3, 0xFEFF};
  return {0, 0};
}

bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n') || byte == 0x7F) return true;
    if (byte >= 0x80 && special_character(text.substr(i)).first != 0) return true;
  }
  return false;
}

/// Whether plain text would be read back as the same string, by YAML 1.1 readers too.
bool is_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.find('\n') != std::string_view::npos)
    return false;
  if (has_control_character(text)) return false;
  constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`=<~";
  if (kIndicators.find(text.front()) != std::string_view::npos) {
    // "-x", "?x" and ":x" are plain; "-" and "- x" are not
    const bool may_begin = text.front() == '-' || text.front() == '?' || text.front() == ':';
    if (!may_begin || text.size() < 2 || text[1] == ' ' || text == "---") return false;
  }
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos ||
      text.back() == ':')
    return false;
  constexpr std::array<std::string_view, 8> kOldBooleans = {"y",  "n",   "yes",  "no",
                                                            "on", "off", "true", "false"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (std::ranges::find(kOldBooleans, lower) != kOldBooleans.end()) return false;
  // base-60 numbers of YAML 1.1: 12:34
  const bool digits = std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || c == ':' || c == '.' || c == '_'; });
  if (digits && text.front() != ':' && text.find(':') != std::string_view::npos) return false;
  return load::resolve_plain_scalar(text, {}).kind == Kind::String && text != "<<";
}

std::string double_quoted(std::string_view text) {
  constexpr std::string_view kEscaped = "\"\\\n\t\r", kNames = "\"\\ntr";
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto [length, number] = special_character(text.substr(i));
    if (const auto at = kEscaped.find(text[i]); at != std::string_view::npos) {
      out += '\\';
      out += kNames[at];
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (length != 0) {
      out += fmt::format("\\u{:04x}", number);
      i += length - 1;
    } else {
      out += text[i];
    }
  }
  return out + '"';
}

std::string quoted(std::string_view text) {
  const bool simple = !has_control_character(text) && text.find('\n') == std::string_view::npos;
  const bool looks_typed = std::ranges::all_of(text, [](char c) {
    return c == '+' || c == '-' || c == '.' || std::isalnum(static_cast<unsigned char>(c));
  });
  if (!simple || looks_typed || text.find('\'') != std::string_view::npos ||
      load::resolve_plain_scalar(text, {}).kind != Kind::String) {
    return double_quoted(text);
  }
  return fmt::format("'{}'", text);
}

class YamlWriter {
 public:
  explicit YamlWriter(Dollars dollars) : dollars_(dollars) {}

  std::string write(const Tree& root) {
    if (root.is_mapping() && !root.entries.empty()) {
      mapping(root, 0);
    } else if (root.is_sequence() && !root.items.empty()) {
      sequence(root, 0);
    } else {
      scalar(root, 2);
    }
    return std::move(out_);
  }

 private:
  void mapping(const Tree& node, int indent) {
    bool first = true;
    for (const Entry& entry : node.entries) {
      if (!first || indent_pending_) pad(indent);
      indent_pending_ = true;
      first = false;
      out_ += is_plain(entry.key) ? entry.key : quoted(entry.key);
      out_ += ':';
      value(entry.value, indent);
    }
  }

  /// What follows "key:", up to and including the line end.
  void value(const Tree& node, int indent) {
    if (node.is_mapping() && !node.entries.empty()) {
      out_ += '\n';
      return mapping(node, indent + 2);
    }
    if (node.is_sequence() && !node.items.empty()) {
      out_ += '\n';
      return sequence(node, indent + 2);
    }
    out_ += ' ';
    scalar(node, indent + 2);
  }

  void sequence(const Tree& node, int indent) {
    for (const Tree& item : node.items) {
      pad(indent);
      out_ += "- ";
      if (item.is_mapping() && !item.entries.empty()) {
        indent_pending_ = false;
        mapping(item, indent + 2);
      } else if (item.is_sequence() && !item.items.empty()) {
        out_.pop_back();
        out_ += '\n';
        sequence(item, indent + 2);
      } else {
        scalar(item, indent + 2);
      }
    }
    indent_pending_ = true;
  }

  void scalar(const Tree& node, int indent) {
    switch (node.kind) {
      case Kind::Mapping: out_ += "{}"; break;
      case Kind::Sequence: out_ += "[]"; break;
      case Kind::Null: out_ += "null"; break;
      case Kind::Float: out_ += float_text(node.float_value); break;
      case Kind::Timestamp: out_ += load::rfc3339_text(node.text); break;
      case Kind::String:
        return string(dollars_ == Dollars::Escape ? escape_dollars(node.text) : node.text, indent);
      default: out_ += load::scalar_text(node);
    }
    out_ += '\n';
  }

  static std::string float_text(double number) {
    const std::string text = load::float_text(number);
    if (text == "NaN") return ".nan";
    if (text.ends_with("Inf")) return text[0] == '-' ? "-.inf" : ".inf";
    return text;
  }

  void string(const std::string& text, int indent) {
    const bool block = text.find('\n') != std::string::npos && !has_control_character(text) &&
                       text[0] != ' ' && text[0] != '\n' && text.find(" \n") == std::string::npos &&
                       text.back() != ' ';
    if (block) return literal(text, indent);
    out_ += is_plain(text) ? text : quoted(text);
    out_ += '\n';
  }

  void literal(std::string_view text, int indent) {
    const bool ends = text.ends_with('\n'), several = text.ends_with("\n\n");
    out_ += several ? "|+\n" : ends ? "|\n" : "|-\n";
    if (ends) text.remove_suffix(1);
    while (true) {
      const auto end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      if (!line.empty()) pad(indent);
      out_ += line;
      out_ += '\n';
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }

  void pad(int indent) { out_.append(static_cast<std::size_t>(indent), ' '); }

  Dollars dollars_;
  std::string out_;
  bool indent_pending_ = true;
};

}  // namespace

std::string to_yaml(const Tree& tree, Dollars dollars) { return YamlWriter(dollars).write(tree); }

}  // namespace compose::config
