// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/attestation_option.h"

#include <fmt/format.h>

#include "base/split.h"
#include "model/image_reference.h"
#include "runtime/build/build_flag.h"

namespace runtime::build {
namespace {

using Attributes = std::vector<std::pair<std::string, std::string>>;

base::Error wrong(std::string_view what, const std::string& name, const std::string& value) {
  return base::make_error(base::ErrorClass::Invalid,
                          fmt::format("{}: {}={} means nothing", what, name, value));
}

/// "name=value,..." or a truth value. Nothing: not wanted.
base::Result<std::optional<Attributes>> read_attributes(const model::BuildSpec& spec, std::string_view what,
                                                        std::string text) {
  if (text.empty()) {
    const auto given = spec.args.find(what == "sbom" ? "BUILDKIT_ATTEST_SBOM" : "BUILDKIT_ATTEST_PROVENANCE");
    if (given == spec.args.end()) return std::optional<Attributes>();
    text = given->second;
  }
  Attributes out;
  if (const auto truth = parse_build_flag(text)) return *truth ? std::optional(out) : std::nullopt;
  for (const std::string& part : text.empty() ? std::vector<std::string>() : base::split(text, ',')) {
    const auto [raw_name, value] = base::split_once(part, '=');
    std::string name(base::trim(raw_name));
    if (name == "type") continue;
    if (part.find('=') == std::string::npos) {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("{}: '{}' means nothing", what, part))
              .with_hint("it takes true, false, or NAME=VALUE with commas between"));
    }
    if (name != "disabled" && name != "inline-only") {
      out.emplace_back(std::move(name), value);
      continue;
    }
    const auto truth = parse_build_flag(value);
    if (!truth) return base::fail(wrong(what, name, std::string(value)));
    // Whether other outputs than images get a statement is told by "inline-only": there are none.
    if (name == "disabled" && *truth) return std::optional<Attributes>();
  }
  return std::optional(std::move(out));
}

}  // namespace

base::Result<std::optional<ProvenanceOption>> find_provenance_option(const model::BuildSpec& spec) {
  const auto attributes = TRY(read_attributes(spec, "provenance", spec.provenance));
  if (!attributes) return std::optional<ProvenanceOption>();
  ProvenanceOption out;
  for (const auto& [name, value] : *attributes) {
    if (name == "mode" && (value == "min" || value == "max" || value == "full")) {
      out.everything = value != "min";
    } else if (name == "version" && (value == "v1" || value == "v0.2")) {
      out.first_version = value == "v0.2";
    } else if (name == "builder-id") {
      out.builder_id = value;
    } else if (const auto truth = parse_build_flag(value); name == "reproducible" && truth) {
      out.reproducible = *truth;
    } else if (name != "filename") {  // Where folders and tars get it: there is no such output.
      return base::fail(wrong("provenance", name, value)
                            .with_hint("it takes true, false, or mode=min|max, version=v1|v0.2, "
                                       "builder-id=ID, reproducible=true|false"));
    }
  }
  return std::optional(std::move(out));
}

base::Result<std::optional<SbomOption>> find_sbom_option(const model::BuildSpec& spec) {
  const auto attributes = TRY(read_attributes(spec, "sbom", spec.sbom));
  if (!attributes) return std::optional<SbomOption>();
  SbomOption out;
  for (const auto& [name, value] : *attributes) {
    if (name == "generator") {
      out.generator = value;
    } else if (!name.empty() && name.find_first_of("= \n") == std::string::npos) {
      out.parameters[name] = value;
    } else {
      return base::fail(wrong("sbom", name, value).with_hint("it takes true, false or generator=IMAGE"));
    }
  }
  TRY_WHILE(model::ImageReference::parse(out.generator), "reading the generator of build.sbom");
  return std::optional(std::move(out));
}

}  // namespace runtime::build
