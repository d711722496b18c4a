// SPDX-License-Identifier: Apache-2.0
#include "base/address_text.h"

#include <algorithm>
#include <array>

#include "base/split.h"

namespace base {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::string_view kScheme = "://";

std::string hide_logins(std::string_view word) {
  std::string out;
  for (auto start = word.find(kScheme); start != std::string_view::npos; start = word.find(kScheme)) {
    out += word.substr(0, start + kScheme.size());
    word.remove_prefix(start + kScheme.size());
    const auto at = word.substr(0, word.find_first_of("/?#")).rfind('@');
    if (at == std::string_view::npos) continue;
    out += word.substr(0, at) == "git" ? "git" : kHidden;
    word.remove_prefix(at);
  }
  return out.append(word);
}

bool grants_access(std::string_view parameter) {
  constexpr std::array<std::string_view, 8> kParts{"signature",  "token",   "secret",  "passw",
                                                   "credential", "api_key", "api-key", "apikey"};
  const std::string name = to_lower(parameter);
  return name == "sig" || name == "key" ||
         std::any_of(kParts.begin(), kParts.end(),
                     [&](std::string_view part) { return name.find(part) != std::string::npos; });
}

std::string hide_parameters(std::string_view word) {
  std::string out;
  for (auto start = word.find_first_of("?&"); start != std::string_view::npos;
       start = word.find_first_of("?&")) {
    out += word.substr(0, start + 1);
    word.remove_prefix(start + 1);
    const auto equals = word.find_first_of("=?&#");
    if (equals == std::string_view::npos || word[equals] != '=') continue;
    if (!grants_access(word.substr(0, equals))) continue;
    out += word.substr(0, equals + 1);
    out += kHidden;
    word.remove_prefix(std::min(word.find_first_of("&#'\"", equals), word.size()));
  }
  return out.append(word);
}

}  // namespace

std::string hide_secrets(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::string out;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
    out +=
        word.find(kScheme) == std::string_view::npos ? std::string(word) : hide_parameters(hide_logins(word));
    text.remove_prefix(word.size());
    const std::string_view blanks = text.substr(0, text.find_first_not_of(kBlanks));
    out += blanks;
    text.remove_prefix(blanks.size());
  }
  return out;
}

bool is_scp_address(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  const auto at = text.find_first_not_of(kLetters);
  if (at == 0 || at == std::string_view::npos || text[at] != '@') return false;
  const auto colon = text.find_first_not_of(kLetters, at + 1);
  return colon != at + 1 && colon != std::string_view::npos && text[colon] == ':';
}

}  // namespace base
