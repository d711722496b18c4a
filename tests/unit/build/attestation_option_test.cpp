// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "base/error.h"
#include "runtime/build/attestation_option.h"

using namespace runtime::build;

namespace {

std::string provenance(const std::string& text, const std::string& argument = "") {
  model::BuildSpec spec;
  spec.provenance = text;
  if (!argument.empty()) spec.args["BUILDKIT_ATTEST_PROVENANCE"] = argument;
  const auto option = find_provenance_option(spec);
  if (!option) return option.error().message;
  if (!*option) return "none";
  return std::string((*option)->everything ? "max" : "min") + ((*option)->first_version ? " v0.2" : " v1") +
         ((*option)->reproducible ? " reproducible " : " ") + (*option)->builder_id;
}

std::string sbom(const std::string& text) {
  model::BuildSpec spec;
  spec.sbom = text;
  const auto option = find_sbom_option(spec);
  if (!option) return option.error().message;
  if (!*option) return "none";
  std::string out = (*option)->generator;
  for (const auto& [name, value] : (*option)->parameters) out += " " + name + "=" + value;
  return out;
}

}  // namespace

TEST_CASE("what is wanted of a provenance") {
  CHECK(provenance("") == "none");
  CHECK(provenance("false") == "none");
  CHECK(provenance("disabled=true") == "none");
  CHECK(provenance("true") == "max v1 ");
  CHECK(provenance("mode=min") == "min v1 ");
  CHECK(provenance("mode=max,version=v0.2,builder-id=https://ci/7,reproducible=true,inline-only=1") ==
        "max v0.2 reproducible https://ci/7");
  CHECK(provenance("", "mode=min") == "min v1 ");
  CHECK(provenance("false", "true") == "none");
  CHECK(provenance("mode=all") == "provenance: mode=all means nothing");
  CHECK(provenance("version=v2") == "provenance: version=v2 means nothing");
  CHECK(provenance("yes") == "provenance: 'yes' means nothing");
}

TEST_CASE("what is wanted of an SBOM") {
  CHECK(sbom("") == "none");
  CHECK(sbom("0") == "none");
  CHECK(sbom("true") == "docker/buildkit-syft-scanner:stable-1");
  CHECK(sbom("generator=me/scan:2,DEPTH=3") == "me/scan:2 DEPTH=3");
  CHECK(sbom("generator=") != "none");
}
