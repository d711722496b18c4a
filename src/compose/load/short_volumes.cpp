// SPDX-License-Identifier: Apache-2.0
#include "compose/load/short_volumes.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/load/file_path.h"

namespace compose::load {
namespace {

using base::ErrorClass;

bool is_host_path(std::string_view source) {
  if (source.empty()) return false;
  return source[0] == '.' || source[0] == '/' || source[0] == '~' || source.starts_with("\\\\") ||
         is_windows_path(source);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Splits at colons, but not at a drive letter's and not inside ${...}.
std::vector<std::string> split_sections(std::string_view text) {
  std::vector<std::string> sections(1);
  int braces = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '$' && i + 1 < text.size() && text[i + 1] == '{') ++braces;
    if (c == '}' && braces > 0) --braces;
    const bool drive = c == ':' && sections.back().size() == 1 && is_letter(sections.back()[0]);
    if (c == ':' && braces == 0 && !drive) {
      sections.emplace_back();
    } else {
      sections.back() += c;
    }
  }
  return sections;
}

void apply_option(const std::string& option, ShortVolume& volume) {
  constexpr std::array<std::string_view, 6> kPropagations = {"rprivate", "private", "rshared",
                                                             "shared",   "rslave",  "slave"};
  if (option == "ro") {
    volume.read_only = true;
  } else if (option == "rw") {
    volume.read_only = false;
  } else if (option == "nocopy") {
    volume.no_copy = true;
  } else if (option == "z" || option == "Z") {
    volume.selinux = option;
  } else if (std::ranges::find(kPropagations, option) != kPropagations.end()) {
    volume.propagation = option;
  } else {
    volume.unknown_options.push_back(option);
  }
}

}  // namespace

base::Result<ShortVolume> parse_short_volume(std::string_view text) {
  ShortVolume volume;
  if (text.empty()) return base::fail(ErrorClass::Invalid, "empty volume");
  if (text.size() <= 2) {
    volume.target = text;
    return volume;
  }
  std::vector<std::string> sections = split_sections(text);
  const bool has_empty = std::ranges::any_of(sections, &std::string::empty);
  const auto invalid = [&](std::string_view why) {
    return base::fail(base::make_error(ErrorClass::Invalid, fmt::format("\"{}\": {}", text, why))
                          .with_hint("write [source:]target[:options], such as ./data:/data:ro"));
  };
  if (has_empty) return invalid("empty section between colons");
  if (sections.size() > 3) return invalid("too many colons");
  if (sections.size() == 1) {
    volume.target = std::move(sections[0]);
    return volume;
  }
  volume.source = std::move(sections[0]);
  volume.target = std::move(sections[1]);
  volume.is_bind = is_host_path(volume.source);
  if (sections.size() == 3) {
    for (const std::string& option : base::split(sections[2], ',')) apply_option(option, volume);
  }
  return volume;
}

}  // namespace compose::load
