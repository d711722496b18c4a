// SPDX-License-Identifier: Apache-2.0
#include "model/image_reference.h"

#include <fmt/format.h>

#include "base/split.h"

namespace model {
namespace {

constexpr std::string_view kDefaultRegistry = "docker.io";
constexpr std::string_view kLibrary = "library/";

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_word(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_'; }

/// One path component: lower-case letters and digits, separated by one '.', one or two '_', or '-'s.
bool is_component(std::string_view text) {
  if (text.empty() || !is_lower_or_digit(text.front()) || !is_lower_or_digit(text.back())) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_lower_or_digit(text[i]) || text[i] == '-') continue;
    if (text[i] == '.' && is_lower_or_digit(text[i - 1]) && is_lower_or_digit(text[i + 1])) continue;
    if (text[i] == '_' && text.substr(i - 1, 4).find("___") == std::string_view::npos && text[i + 1] != '.' &&
        text[i + 1] != '-' && text[i - 1] != '.' && text[i - 1] != '-') {
      continue;
    }
    return false;
  }
  return true;
}

bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > 128 || !is_word(text.front())) return false;
  for (const char c : text) {
    if (!is_word(c) && c != '.' && c != '-') return false;
  }
  return true;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A host name or an address, and maybe a port. Its text becomes part of paths and URLs, so "." and ".." are
/// none.
bool is_registry(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    const std::string_view address = text.substr(1, end == std::string_view::npos ? end : end - 1);
    const std::string_view rest = end == std::string_view::npos ? "" : text.substr(end + 1);
    const bool is_address = address.find(':') != std::string_view::npos &&
                            address.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
    return end != std::string_view::npos && is_address &&
           (rest.empty() || (rest.front() == ':' && is_port(rest.substr(1))));
  }
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    if (!is_port(text.substr(colon + 1))) return false;
    text = text.substr(0, colon);
  }
  for (const std::string& label : base::split(text, '.')) {
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    for (const char c : label) {
      if ((!is_word(c) && c != '-') || c == '_') return false;
    }
  }
  return true;
}

bool looks_like_registry(std::string_view first) {
  return first.find_first_of(".:") != std::string_view::npos || first == "localhost" ||
         base::to_lower(first) != first;
}

}  // namespace

base::Result<ImageReference> ImageReference::parse(std::string_view text) {
  const auto invalid = [&](std::string_view why) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("invalid image reference \"{}\": {}", text.substr(0, 300), why));
  };
  constexpr std::size_t kLongestRepository = 255;
  ImageReference out;
  std::string_view rest = text;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    auto digest = Digest::parse(rest.substr(at + 1));
    if (!digest) return invalid("the digest must be sha256: and 64 hex digits");
    out.digest = *std::move(digest);
    rest = rest.substr(0, at);
  }
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos && looks_like_registry(rest.substr(0, slash))) {
    out.registry = rest.substr(0, slash);
    if (!is_registry(out.registry)) return invalid("the registry's name is malformed");
    rest.remove_prefix(slash + 1);
  } else {
    out.registry = kDefaultRegistry;
  }
  if (out.registry == "index.docker.io") out.registry = kDefaultRegistry;
  if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
    out.tag = rest.substr(colon + 1);
    if (!is_tag(out.tag)) return invalid("the tag is malformed");
    rest = rest.substr(0, colon);
  } else if (!out.digest) {
    out.tag = "latest";
  }
  if (rest.empty()) return invalid("the repository is missing");
  for (const std::string& component : base::split(rest, '/')) {
    if (!is_component(component)) {
      return invalid(base::to_lower(rest) != rest ? "the repository must be lower case"
                                                  : "the repository is malformed");
    }
  }
  out.repository = rest;
  if (out.registry == kDefaultRegistry && rest.find('/') == std::string_view::npos) {
    out.repository = std::string(kLibrary) + out.repository;
  }
  if (out.repository.size() > kLongestRepository) return invalid("the repository is longer than 255 letters");
  return out;
}

std::string ImageReference::canonical_text() const {
  std::string out = registry + "/" + repository;
  if (!tag.empty()) out += ":" + tag;
  if (digest) out += "@" + digest->text();
  return out;
}

std::string ImageReference::familiar_text() const {
  const std::string full = canonical_text();
  if (registry != kDefaultRegistry) return full;
  std::string out = full.substr(kDefaultRegistry.size() + 1);
  const bool official =
      repository.starts_with(kLibrary) && repository.find('/', kLibrary.size()) == std::string::npos;
  if (official) return out.substr(kLibrary.size());
  // "docker.io/my.team/app" without its registry would be read as "app" at "my.team".
  const auto slash = repository.find('/');
  const bool misread = slash == std::string::npos || looks_like_registry(repository.substr(0, slash));
  return misread ? full : out;
}

}  // namespace model
