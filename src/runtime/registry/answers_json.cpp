// SPDX-License-Identifier: Apache-2.0
#include "runtime/registry/answers.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/split.h"
#include "model/image_reference.h"

namespace runtime::registry {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// A server's words go to a terminal: one line, nothing that moves the cursor.
std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 300;
  std::string out;
  for (const char c : text.substr(0, kLongest))
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return std::string(base::trim(out));
}

}  // namespace

std::string describe_errors(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("errors") || !json["errors"].is_array()) {
    const std::string details = text_of(json, "details");
    return printable(details.empty() ? body : std::string_view(details));
  }
  std::string out;
  for (const Json& error : json["errors"]) {
    std::string code = base::to_lower(text_of(error, "code"));
    for (char& c : code) {
      if (c == '_') c = ' ';
    }
    const std::string message = text_of(error, "message");
    if (!out.empty()) out += "; ";
    out += message.empty() || base::to_lower(message) == code ? code : fmt::format("{}: {}", code, message);
  }
  return printable(out);
}

base::Result<std::vector<std::string>> parse_tag_list(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  const auto invalid = [] {
    return base::fail(base::ErrorClass::Invalid, "the registry's answer is no list of tags");
  };
  std::vector<std::string> out;
  if (!json.is_object() || !json.contains("tags")) return invalid();
  // A repository that has lost all its tags.
  if (json["tags"].is_null()) return out;
  if (!json["tags"].is_array()) return invalid();
  for (const Json& tag : json["tags"]) {
    if (!tag.is_string()) return invalid();
    out.push_back(tag.get<std::string>());
    const auto named = model::ImageReference::parse("x:" + out.back());
    if (!named || named->tag != out.back()) return invalid();
  }
  return out;
}

base::Result<TokenAnswer> parse_token_answer(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  TokenAnswer out{text_of(json, "token"), text_of(json, "refresh_token")};
  if (out.token.empty()) out.token = text_of(json, "access_token");
  // It is going to be a header's value.
  if (out.token.empty() || out.token.find_first_of("\r\n") != std::string::npos) {
    return base::fail(base::ErrorClass::Invalid, "the authorization server gave no token");
  }
  return out;
}

}  // namespace runtime::registry
