// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compose/config.h"
#include "compose/config_text.h"
#include "compose/load/scalar.h"

namespace compose::config {
namespace {

using load::Entry;
using load::Kind;
using load::Tree;

/// docker compose's JSON shows some attributes even when they are not set.
void add_always_shown(Tree& root) {
  const auto fill = [](Tree& map, std::string_view key, Tree value) {
    if (map.is_mapping() && map.find(key) == nullptr) map.set(key, std::move(value));
  };
  if (Tree* services = root.find("services")) {
    for (Entry& entry : services->entries) {
      fill(entry.value, "command", Tree::null());
      fill(entry.value, "entrypoint", Tree::null());
      if (Tree* deploy = entry.value.find("deploy")) {
        fill(*deploy, "resources", Tree::mapping());
        fill(*deploy, "placement", Tree::mapping());
      }
    }
  }
  if (Tree* networks = root.find("networks")) {
    for (Entry& entry : networks->entries) fill(entry.value, "ipam", Tree::mapping());
  }
}

class JsonWriter {
 public:
  explicit JsonWriter(Dollars dollars) : dollars_(dollars) {}

  std::string write(const Tree& root) {
    value(root, 0);
    out_ += '\n';
    return std::move(out_);
  }

 private:
  void value(const Tree& node, std::size_t indent) {
    if (node.is_mapping()) return mapping(node, indent);
    if (node.is_sequence()) return sequence(node, indent);
    if (node.is_null())
      out_ += "null";
    else if (node.is_string())
      out_ += json_string(dollars_ == Dollars::Escape ? escape_dollars(node.text) : node.text);
    else if (node.kind == Kind::Bool || node.kind == Kind::Int)
      out_ += load::scalar_text(node);
    else
      out_ += number(node);
  }

  static std::string number(const Tree& node) {
    if (node.kind == Kind::Timestamp) return json_string(load::rfc3339_text(node.text));
    const std::string text = load::scalar_text(node);
    const bool plain = text.find_first_not_of("0123456789+-.e") == std::string::npos;
    return plain ? text : json_string(text);  // JSON has no NaN, infinity or timestamp
  }

  void mapping(const Tree& node, std::size_t indent) {
    if (node.entries.empty()) {
      out_ += "{}";
      return;
    }
    out_ += '{';
    for (std::size_t i = 0; i < node.entries.size(); ++i) {
      line(i != 0, indent + 2);
      out_ += json_string(node.entries[i].key) + ": ";
      value(node.entries[i].value, indent + 2);
    }
    line(false, indent);
    out_ += '}';
  }

  void sequence(const Tree& node, std::size_t indent) {
    if (node.items.empty()) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      line(i != 0, indent + 2);
      value(node.items[i], indent + 2);
    }
    line(false, indent);
    out_ += ']';
  }

  void line(bool comma, std::size_t indent) {
    if (comma) out_ += ',';
    out_ += '\n';
    out_.append(indent, ' ');
  }

  Dollars dollars_;
  std::string out_;
};

}  // namespace

std::string to_json(const Tree& tree, Dollars dollars) {
  if (dollars == Dollars::Keep) return JsonWriter(dollars).write(tree);
  Tree shown = tree;
  add_always_shown(shown);
  return JsonWriter(dollars).write(shown);
}

std::string escape_dollars(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    out += c;
    if (c == '$') out += c;
  }
  return out;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        else
          out += c;
    }
  }
  return out + '"';
}

std::string errors_to_json(const base::Error& error, std::string_view severity) {
  std::string out = "[";
  const auto add = [&](const base::Error& one) {
    const base::Location at = one.location.value_or(base::Location{});
    std::string context;
    for (const std::string& line : one.context) context += (context.empty() ? "" : ", ") + json_string(line);
    out += fmt::format(
        "{}\n  {{\"severity\": {}, \"class\": {}, \"message\": {}, \"file\": {}, \"line\": {}, "
        "\"column\": {}, \"length\": {}, \"context\": [{}], \"hint\": {}}}",
        out.size() > 1 ? "," : "", json_string(severity), json_string(to_text(one.error_class)),
        json_string(one.message), json_string(at.file), at.line, at.column, at.length, context,
        json_string(one.hint));
  };
  const auto visit = [&](const auto& self, const base::Error& one) -> void {
    add(one);
    for (const base::Error& other : one.also) self(self, other);
  };
  visit(visit, error);
  return out + "\n]\n";
}

}  // namespace compose::config
