// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/string_list_json.h"

#include <nlohmann/json.hpp>

namespace runtime::build {

std::optional<std::vector<std::string>> parse_string_list(std::string_view text, bool& not_strings) {
  not_strings = false;
  if (!text.starts_with('[')) return std::nullopt;
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array()) return std::nullopt;
  std::vector<std::string> words;
  for (const auto& item : json) {
    if (!item.is_string()) {
      not_strings = true;
      return std::nullopt;
    }
    words.push_back(item.get<std::string>());
  }
  return words;
}

std::string encode_string_list(const std::vector<std::string>& words) {
  return nlohmann::json(words).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace runtime::build
