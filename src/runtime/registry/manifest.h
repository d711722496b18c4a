// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/digest.h"

namespace runtime::registry {

/// Limits on manifests, which are hostile input.
inline constexpr std::size_t kLargestManifest = 4u << 20;  ///< OCI distribution-spec: registries take 4 MiB.
inline constexpr std::size_t kMostManifestLayers = 500;
inline constexpr std::size_t kMostManifests = 1'000;  ///< In one index.

namespace media_type {
inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kOciLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kOciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kOciLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kDockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view kDockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
}  // namespace media_type

struct Platform {
  std::string os, architecture, variant, os_version;
  bool operator==(const Platform&) const = default;
};
/// "os/architecture[/variant]"; Invalid otherwise.
base::Result<Platform> parse_platform(std::string_view text);
std::string to_text(const Platform& platform);

/// OCI image-spec: descriptor.md.
struct Descriptor {
  std::string media_type;
  model::Digest digest = model::Digest::from_sha256_hex(std::string(64, '0'));
  std::int64_t size = 0;
  std::optional<Platform> platform;
  std::map<std::string, std::string> annotations;
};

/// OCI image-spec: manifest.md; Docker's schema 2 has the same members.
struct Manifest {
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;  ///< Bottom first.
  std::map<std::string, std::string> annotations;
};

/// OCI image-spec: image-index.md; Docker's manifest list.
struct Index {
  std::string media_type;
  std::vector<Descriptor> manifests;
};

/// Whether a media type is one of an index (OCI, Docker), or of a manifest.
bool is_index_type(std::string_view media_type);
bool is_manifest_type(std::string_view media_type);

/// Reads a manifest. Invalid: not JSON, wrong types, above the limits, malformed digests, a `mediaType` in
/// the document that differs from `media_type` (which the transport told; empty: not told), or a document
/// that is also an index (CVE-2021-41190).
base::Result<Manifest> parse_manifest(std::string_view json, std::string_view media_type);
/// As parse_manifest, for an index.
base::Result<Index> parse_index(std::string_view json, std::string_view media_type);

/// The document's own kind, by its `mediaType` or its members; "" when neither.
std::string sniff_media_type(std::string_view json);

/// The manifest of an index that runs on `wanted`; NotFound names the platforms there are.
base::Result<Descriptor> choose_platform(const Index& index, const Platform& wanted);

/// Canonical JSON of a manifest to push or save.
std::string encode_manifest(const Manifest& manifest);
std::string encode_index(const Index& index);

}  // namespace runtime::registry
