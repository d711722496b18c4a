// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "model/build_spec.h"

namespace runtime::build {

/// What is told of how an image was made. compose-spec: build.provenance; BuildKit:
/// docs/attestations/slsa-provenance.md.
struct ProvenanceOption {
  bool everything = true;      ///< mode=max: build arguments, labels, ids of secrets and the Dockerfile too.
  bool first_version = false;  ///< version=v0.2 instead of v1.
  bool reproducible = false;   ///< What the user says of the build.
  std::string builder_id;
};

/// Who lists what an image holds. compose-spec: build.sbom; BuildKit: docs/attestations/sbom-protocol.md.
struct SbomOption {
  std::string generator = "docker/buildkit-syft-scanner:stable-1";
  std::map<std::string, std::string> parameters;  ///< BUILDKIT_SCAN_<name> of the generator.
};

/// Nothing when it was not asked for. The build arguments BUILDKIT_ATTEST_PROVENANCE and BUILDKIT_ATTEST_SBOM
/// count where the request says nothing. Invalid: an unknown name or value.
base::Result<std::optional<ProvenanceOption>> find_provenance_option(const model::BuildSpec& spec);
base::Result<std::optional<SbomOption>> find_sbom_option(const model::BuildSpec& spec);

}  // namespace runtime::build
