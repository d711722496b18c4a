// SPDX-License-Identifier: Apache-2.0
#include "base/address_text.h"

#include <algorithm>
#include <array>

#include "base/split.h"

namespace base {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::string_view kScheme = "://";

/// The length of what may be a login at the start of the text, without the "@" behind it; npos: none. A
/// password with a "/", "?" or "#" in it is none for those who read addresses, and is a password still: what
/// stands behind the first ":" is no port.
std::size_t login_length(std::string_view text) {
  const std::string_view server = text.substr(0, text.find_first_of("/?#"));
  if (const auto at = server.rfind('@'); at != std::string_view::npos) return at;
  const auto colon = server.starts_with('[') ? std::string_view::npos : server.find(':');
  if (colon == std::string_view::npos) return colon;
  const bool has_port = server.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  return has_port ? std::string_view::npos : text.rfind('@');
}

std::string hide_logins(std::string_view word) {
  std::string out;
  for (auto start = word.find(kScheme); start != std::string_view::npos; start = word.find(kScheme)) {
    out += word.substr(0, start + kScheme.size());
    word.remove_prefix(start + kScheme.size());
    const auto at = login_length(word);
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

}  // namespace base
