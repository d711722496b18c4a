// SPDX-License-Identifier: Apache-2.0
#include "cli/render/template_text.h"

#include <functional>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/split.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

base::Error malformed(const std::string& why) {
  return base::make_error(base::ErrorClass::Invalid, fmt::format("--format: {}", why))
      .with_hint("a template shows fields, as {{.Name}} or {{json .}}, also with join, len, lower, upper");
}

/// Text, or what stands between {{ and }}.
struct Piece {
  bool is_action = false;
  std::string text;
};

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == 't' || next == 'n') {
      out += next == 't' ? '\t' : '\n';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

base::Result<std::vector<Piece>> cut(std::string_view text) {
  std::vector<Piece> out;
  while (!text.empty()) {
    const auto begin = text.find("{{");
    if (begin != 0) out.push_back({false, unescape(text.substr(0, begin))});
    if (begin == std::string_view::npos) break;
    const auto end = text.find("}}", begin);
    if (end == std::string_view::npos) return base::fail(malformed("\"{{\" without \"}}\""));
    out.push_back({true, std::string(base::trim(text.substr(begin + 2, end - begin - 2)))});
    text.remove_prefix(end + 2);
  }
  return out;
}

/// Words of an action; a text in quotes keeps its opening quote.
base::Result<std::vector<std::string>> words_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ' || text[i] == '\t') {
      ++i;
      continue;
    }
    const bool is_text = text[i] == '"' || text[i] == '`';
    const auto end = is_text ? text.find(text[i], i + 1) : text.find_first_of(" \t", i);
    if (is_text && end == std::string_view::npos) return base::fail(malformed("a quote is not closed"));
    out.push_back(is_text ? "\"" + unescape(text.substr(i + 1, end - i - 1))
                          : std::string(text.substr(i, end - i)));
    i = end == std::string_view::npos ? text.size() : end + (is_text ? 1 : 0);
  }
  return out;
}

std::string shown(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "";
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<Json> field_of(const Json& root, const std::string& path) {
  const Json* at = &root;
  for (const std::string& name : base::split(std::string_view(path).substr(1), '.')) {
    if (name.empty()) continue;
    if (!at->is_object() || !at->contains(name)) {
      std::vector<std::string> known;
      if (at->is_object()) {
        for (const auto& [key, value] : at->items()) known.push_back(key);
      }
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("--format: no field {}", path))
              .with_hint(known.empty() ? std::string() : "there are " + base::join(known, ", ")));
    }
    at = &(*at)[name];
  }
  return *at;
}

base::Result<Json> operand(const Json& root, const std::string& word) {
  if (word.starts_with('"')) return Json(word.substr(1));
  if (word.starts_with('.')) return field_of(root, word);
  return base::fail(malformed(fmt::format("\"{}\" is not supported", word)));
}

base::Result<Json> join(const std::vector<Json>& arguments) {
  if (arguments.size() != 2) {
    return base::fail(malformed("join takes a list and what stands between its items"));
  }
  if (!arguments[0].is_array()) return Json(shown(arguments[0]));
  std::vector<std::string> parts;
  for (const Json& item : arguments[0]) parts.push_back(shown(item));
  return Json(base::join(parts, shown(arguments[1])));
}

base::Result<Json> call(const std::string& name, const std::vector<Json>& arguments) {
  if (name == "join") return join(arguments);
  if (name != "json" && name != "lower" && name != "upper" && name != "len") {
    return base::fail(malformed(fmt::format("\"{}\" is not supported", name)));
  }
  if (arguments.size() != 1) return base::fail(malformed(fmt::format("{} takes one value", name)));
  const Json& value = arguments.front();
  if (name == "json") return Json(value.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (name == "len") {
    return Json(value.is_string() ? value.get_ref<const std::string&>().size() : value.size());
  }
  std::string text = shown(value);
  if (name == "lower") return Json(base::to_lower(text));
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return Json(text);
}

base::Result<Json> evaluate(const Json& root, const std::string& action) {
  std::optional<Json> piped;
  for (const std::string& part : base::split(action, '|')) {
    const std::vector<std::string> words = TRY(words_of(part));
    if (words.empty()) return base::fail(malformed("an empty action"));
    const bool is_value = words.front().starts_with('.') || words.front().starts_with('"');
    if (is_value && words.size() == 1 && !piped) {
      piped = TRY(operand(root, words.front()));
      continue;
    }
    std::vector<Json> arguments;
    for (std::size_t i = 1; i < words.size(); ++i) arguments.push_back(TRY(operand(root, words[i])));
    // As Go has it, what is piped comes last.
    if (piped) arguments.push_back(*piped);
    piped = TRY(call(words.front(), arguments));
  }
  return *piped;
}

}  // namespace

base::Result<std::string> expand_template(std::string_view text, std::string_view json) {
  const Json root = Json::parse(json, nullptr, false);
  std::string out;
  for (const Piece& piece : TRY(cut(text))) {
    out += piece.is_action ? shown(TRY(evaluate(root, piece.text))) : piece.text;
  }
  return out;
}

base::Result<std::vector<std::string>> template_fields(std::string_view text) {
  std::vector<std::string> out;
  for (const Piece& piece : TRY(cut(text))) {
    if (!piece.is_action) continue;
    for (const std::string& word : TRY(words_of(piece.text))) {
      if (word.size() > 1 && word.starts_with('.')) out.push_back(word.substr(1));
    }
  }
  return out;
}

}  // namespace cli
