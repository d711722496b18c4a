// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/cache_option.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/split.h"
#include "base/suggest.h"
#include "model/image_reference.h"

namespace runtime::build {
namespace {

constexpr std::array<std::string_view, 6> kWithoutEffect = {
    "compression", "compression-level", "force-compression", "oci-mediatypes", "image-manifest", "digest"};

base::Result<bool> parse_bool(const std::string& name, const std::string& value) {
  if (value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  return base::fail(base::ErrorClass::Invalid, fmt::format("{} is true or false, not '{}'", name, value));
}

base::Result<> set_attribute(CacheOption& option, CacheUse use, const std::string& name,
                             const std::string& value) {
  const bool local = option.kind == CacheOption::Kind::Local;
  if (name == "ref" && option.kind == CacheOption::Kind::Registry) {
    option.place = value;
  } else if (local && name == (use == CacheUse::From ? "src" : "dest")) {
    option.place = value;
  } else if (local && name == "tag") {
    option.tag = value;
  } else if (name == "mode" && use == CacheUse::To && (value == "min" || value == "max")) {
    option.all_steps = value == "max";
  } else if (name == "ignore-error" && use == CacheUse::To) {
    option.ignore_error = TRY(parse_bool(name, value));
  } else if (std::find(kWithoutEffect.begin(), kWithoutEffect.end(), name) != kWithoutEffect.end()) {
    option.without_effect.push_back(name);
  } else {
    return base::fail(base::ErrorClass::Invalid, fmt::format("{}={} means nothing here", name, value));
  }
  return {};
}

base::Result<CacheOption::Kind> parse_kind(const std::string& type, CacheUse use) {
  if (type == "registry") return CacheOption::Kind::Registry;
  if (type == "local") return CacheOption::Kind::Local;
  if (type == "inline" && use == CacheUse::To) return CacheOption::Kind::Inline;
  base::Error error =
      base::make_error(base::ErrorClass::Invalid, fmt::format("caches of the type '{}' are not known", type));
  if (type == "inline") error.message = "an inline cache is read from its image: type=registry,ref=IMAGE";
  if (type == "gha" || type == "s3" || type == "azblob") {
    error.error_class = base::ErrorClass::Unsupported;
    error.message =
        fmt::format("caches of the type '{}' are kept by a service that cannot be spoken to", type);
  }
  return base::fail(std::move(error).with_hint("use type=registry or type=local"));
}

base::Result<> check_reference(const std::string& text, CacheUse use) {
  const model::ImageReference reference = TRY(model::ImageReference::parse(text));
  if (use == CacheUse::From || !reference.digest) return {};
  return base::fail(base::ErrorClass::Invalid, "what is written gets a tag, not a digest");
}

base::Result<CacheOption> parse(std::string_view text, CacheUse use) {
  CacheOption option{.place = std::string(text)};
  if (text.find('=') == std::string_view::npos) {
    TRY(check_reference(option.place, use));
    return option;
  }
  option.place.clear();
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string type;
  for (const std::string& part : base::split(text, ',')) {
    const auto [name, value] = base::split_once(part, '=');
    std::string key = base::to_lower(base::trim(name));
    if (key == "type") {
      type = value;
    } else {
      attributes.emplace_back(std::move(key), value);
    }
  }
  option.kind = TRY(parse_kind(type, use));
  if (option.kind == CacheOption::Kind::Local) option.tag = "latest";
  for (const auto& [name, value] : attributes) TRY(set_attribute(option, use, name, value));
  if (option.kind == CacheOption::Kind::Registry) TRY(check_reference(option.place, use));
  if (option.kind == CacheOption::Kind::Local && option.place.empty()) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("type=local needs {}=FOLDER", use == CacheUse::From ? "src" : "dest"));
  }
  return option;
}

}  // namespace

base::Result<CacheOption> parse_cache_option(std::string_view text, CacheUse use) {
  auto option = parse(text, use);
  if (option) return option;
  return base::fail(std::move(option).error().while_doing(
      fmt::format("reading {} '{}'", use == CacheUse::From ? "cache_from" : "cache_to", text)));
}

}  // namespace runtime::build
