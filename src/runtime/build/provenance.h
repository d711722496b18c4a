// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/observed.h"
#include "runtime/build/attestation_option.h"
#include "runtime/image/attestation.h"

namespace runtime::build {

/// Something a build was made of that came from elsewhere.
struct Material {
  std::string uri;     ///< "pkg:docker/redis@7?platform=...", or an address without its secrets.
  std::string digest;  ///< Hex; empty when there is none that anybody else would know it by.
  std::string algorithm = "sha256";
  auto operator<=>(const Material&) const = default;
};

/// A secret or SSH agent that a step used, by its name alone.
struct UsedSecret {
  std::string id;
  bool optional = false;
  auto operator<=>(const UsedSecret&) const = default;
};

/// All that a provenance tells of a build.
struct Provenance {
  ProvenanceOption option;
  std::string platform;
  std::string dockerfile_name, dockerfile_text;
  std::string context;  ///< Its address; empty for a folder.
  /// The request, by the names BuildKit gives its parts: "target", "build-arg:NAME", "label:NAME".
  std::map<std::string, std::string> request;
  std::vector<std::string> folders;  ///< Names of the contexts that are this machine's folders.
  /// Of the repository that the context's folder lies in: "source", "revision".
  std::map<std::string, std::string> repository;
  std::vector<UsedSecret> secrets, agents;
  std::vector<Material> materials;
  bool used_network = false;
  /// Left out of a build that is to be the same at any time.
  std::optional<model::TimePoint> started, finished;
  std::string invocation;
};

/// SLSA provenance, v1 or v0.2, with the members BuildKit fills in. BuildKit:
/// docs/attestations/slsa-definitions.md.
image::Statement make_provenance(const Provenance& provenance);

}  // namespace runtime::build
