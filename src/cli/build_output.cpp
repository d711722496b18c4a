// SPDX-License-Identifier: Apache-2.0
#include "cli/build_output.h"

#include <fmt/format.h>

#include "base/split.h"
#include "cli/attribute_list.h"
#include "cli/prune_flags.h"

namespace cli {
namespace {

using Kind = BuildOutput::Kind;

base::Result<Kind> kind_of(std::string_view type) {
  if (type == "local") return Kind::Folder;
  if (type == "tar") return Kind::Files;
  if (type == "oci" || type == "docker") return Kind::Archive;
  if (type == "image") return Kind::Store;
  if (type == "registry") return Kind::Registry;
  if (type == "cacheonly") return Kind::None;
  return base::fail(base::make_error(base::ErrorClass::Unsupported,
                                     fmt::format("outputs of the type '{}' are not known", type))
                        .with_hint("there are local, tar, oci, docker, image, registry and cacheonly"));
}

base::Result<> set_attribute(BuildOutput& output, const std::string& name, const std::string& value) {
  const bool is_image = output.keeps_image() || output.kind == Kind::Archive;
  if (name == "dest") {
    output.place = value;
  } else if (name == "name" && is_image) {
    output.names = base::split(value, ',');
  } else if (name == "push" && output.keeps_image()) {
    if (TRY(parse_switch(value))) output.kind = Kind::Registry;
  } else if (name == "tar" && output.kind == Kind::Archive) {
    if (!TRY(parse_switch(value)))
      return base::fail(base::ErrorClass::Unsupported, "an image is written as a tar only, not as a folder");
  } else {
    output.without_effect.push_back(name);
  }
  return {};
}

base::Result<BuildOutput> parse(std::string_view text) {
  // Without an attribute it is a place.
  if (text == "-") return BuildOutput{.kind = Kind::Files, .place = "-", .names = {}, .without_effect = {}};
  if (text.find('=') == std::string_view::npos) {
    if (text.empty()) return base::fail(base::ErrorClass::Invalid, "an output needs a place");
    return BuildOutput{.kind = Kind::Folder, .place = std::string(text), .names = {}, .without_effect = {}};
  }
  BuildOutput out;
  std::string type;
  const std::vector<Attribute> attributes = TRY(parse_attributes(text));
  for (const auto& [name, value] : attributes) {
    if (name == "type") type = base::to_lower(value);
  }
  if (type.empty()) return base::fail(base::ErrorClass::Invalid, "an output needs a type, as type=local");
  out.kind = TRY(kind_of(type));
  for (const auto& [name, value] : attributes) {
    if (name != "type") TRY(set_attribute(out, name, value));
  }
  const bool of_place = !out.keeps_image() && out.kind != Kind::None;
  // `type=docker` without a file loads the image, as it does elsewhere.
  if (type == "docker" && out.place.empty()) out.kind = Kind::Store;
  if (out.kind == Kind::Folder && (out.place.empty() || out.place == "-"))
    return base::fail(base::ErrorClass::Invalid, "type=local needs dest=FOLDER");
  if (of_place && out.kind != Kind::Store && out.place.empty()) out.place = "-";
  if (!of_place && !out.place.empty())
    return base::fail(base::ErrorClass::Invalid, fmt::format("type={} takes no dest", type));
  return out;
}

}  // namespace

base::Result<BuildOutput> parse_build_output(std::string_view text) {
  return TRY_WHILE(parse(text), fmt::format("reading --output '{}'", text));
}

}  // namespace cli
