// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/digest.h"

namespace model {

/// registry/repository[:tag][@digest], with Docker's defaults filled in (docker.io, library/).
/// Grammar: OCI distribution-spec, and the reference grammar Docker uses.
struct ImageReference {
  std::string registry;    ///< "docker.io", "localhost:5000"
  std::string repository;  ///< "library/redis"
  std::string tag;         ///< Empty only when a digest is given.
  std::optional<Digest> digest;

  /// "redis" -> docker.io/library/redis:latest. Invalid: upper case, empty parts, bad digest.
  static base::Result<ImageReference> parse(std::string_view text);

  /// With every default spelled out: "docker.io/library/redis:7".
  std::string canonical_text() const;
  /// As people write it: "redis:7".
  std::string familiar_text() const;
  bool operator==(const ImageReference&) const = default;
};

}  // namespace model
