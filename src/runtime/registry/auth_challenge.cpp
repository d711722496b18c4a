// SPDX-License-Identifier: Apache-2.0
#include "runtime/registry/auth_challenge.h"

#include "base/split.h"

namespace runtime::registry {
namespace {

constexpr std::string_view kBlank = " \t";

/// Takes one `name=value` or `name="value"` off the front; false when there is none.
bool take_parameter(std::string_view& text, std::string& name, std::string& value) {
  const auto start = text.find_first_not_of(" \t,");
  if (start == std::string_view::npos) return false;
  text.remove_prefix(start);
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view word = text.substr(0, equals);
  // A blank inside means that the next challenge's scheme stands there.
  if (word.find_first_of(kBlank) != std::string_view::npos) return false;
  name = base::to_lower(word);
  text.remove_prefix(equals + 1);
  value.clear();
  if (!text.starts_with('"')) {
    const auto end = text.find_first_of(" \t,");
    value = text.substr(0, end);
    text.remove_prefix(value.size());
    return true;
  }
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    value += text[i];
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return true;
}

}  // namespace

std::string AuthChallenge::value(const std::string& name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::string() : found->second;
}

std::optional<AuthChallenge> parse_challenge(std::string_view header) {
  while (true) {
    const auto start = header.find_first_not_of(" \t,");
    if (start == std::string_view::npos) return std::nullopt;
    header.remove_prefix(start);
    const auto end = std::min(header.find_first_of(" \t,"), header.size());
    AuthChallenge out;
    out.scheme = base::to_lower(header.substr(0, end));
    header.remove_prefix(end);
    std::string name, value;
    while (take_parameter(header, name, value)) out.values[name] = value;
    if (out.scheme == "bearer" || out.scheme == "basic") return out;
  }
}

}  // namespace runtime::registry
