// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/digest.h"
#include "model/image_reference.h"
#include "runtime/image/image_config.h"
#include "runtime/registry/registry_client.h"

namespace runtime::image {

/// Limits on statements, which are hostile input: a scanner writes some of them.
inline constexpr std::size_t kLargestStatement = 32u << 20;    ///< Bytes of JSON.
inline constexpr std::size_t kMostStatements = 100;            ///< Of one image.
inline constexpr std::size_t kMostStatementBytes = 64u << 20;  ///< Of one image.

inline constexpr std::string_view kSpdxPredicate = "https://spdx.dev/Document";

/// An in-toto statement: something attested of an image. What it is about (`subject`) may be missing: that is
/// known once the image has a manifest. in-toto attestation framework: spec/v1/statement.md.
struct Statement {
  std::string predicate_type;  ///< "https://slsa.dev/provenance/v1"
  std::string json;            ///< The whole statement, canonical.
};

/// Invalid: above the limit, no JSON object, nested too deeply, not a statement of version 0.1 or 1.
base::Result<Statement> parse_statement(std::string_view json);
/// A statement of `type` ("https://in-toto.io/Statement/v1") without a subject. `predicate` is JSON.
Statement make_statement(std::string_view type, std::string_view predicate_type, std::string_view predicate);

/// "pkg:docker/redis@7?platform=linux%2Famd64": how statements name images. package-url: type docker.
std::string package_url(const model::ImageReference& reference, std::string_view platform);

/// A statement kept with an image.
struct Attestation {
  Statement statement;
  /// Names all that the statement follows from, for who would make the same again; empty: it does not.
  std::string origin;
};

/// What goes to a registry or into an archive for an image that something is attested of: an index of the
/// image's manifest and one whose layers are the statements. BuildKit:
/// docs/attestations/attestation-storage.md.
struct AttestedImage {
  struct Blob {
    model::Digest digest;
    std::string content;
  };
  std::vector<Blob> blobs;  ///< The statements, and the configuration of the manifest that lists them.
  registry::ManifestDocument manifest;  ///< Lists the statements.
  registry::ManifestDocument index;
};

/// Statements get the manifest `image` for a subject, by the repositories of `references` ("_" without any),
/// unless they have one. The same input gives the same digests.
base::Result<AttestedImage> attest_image(const registry::ManifestDocument& image, const ImageConfig& config,
                                         const std::vector<model::ImageReference>& references,
                                         const std::vector<Attestation>& attestations);

}  // namespace runtime::image
