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
#include "model/health_check.h"
#include "model/observed.h"

namespace runtime::image {

/// Limits on an image configuration, which is hostile input.
inline constexpr std::size_t kLargestConfig = 8u << 20;  ///< Bytes of JSON.
inline constexpr std::size_t kMostLayers = 500;
inline constexpr std::size_t kMostHistory = 10'000;

/// OCI image-spec: config.md, history.
struct HistoryEntry {
  std::optional<model::TimePoint> created;
  std::string created_by, author, comment;
  bool empty_layer = false;
  bool operator==(const HistoryEntry&) const = default;
};

/// OCI image-spec: config.md, with Docker's additions (Healthcheck, OnBuild, Shell). Strings are what the
/// image says, unchecked: who uses User, WorkingDir or Volumes must treat them as hostile. Labels never
/// control anything.
struct ImageConfig {
  std::string architecture, os, variant, os_version, author;
  std::optional<model::TimePoint> created;
  std::vector<std::string> environment;  ///< "K=V"
  std::optional<std::vector<std::string>> entrypoint, command;
  std::string user, working_dir, stop_signal;
  std::vector<std::string> exposed_ports, volumes;  ///< Sorted: "80/tcp", "/data".
  std::vector<std::string> on_build;
  std::vector<std::string> shell;
  std::map<std::string, std::string> labels;
  std::optional<model::HealthCheck> health_check;
  bool args_escaped = false;
  std::vector<HistoryEntry> history;

  /// "linux/amd64", "linux/arm64/v8".
  std::string platform() const;
  bool operator==(const ImageConfig&) const = default;
};

/// A configuration as read: with the layers' diff IDs, bottom first.
struct ParsedImageConfig {
  ImageConfig config;
  std::vector<model::Digest> diff_ids;
};

/// Invalid: not JSON, wrong types, malformed digests, above the limits, rootfs not "layers".
base::Result<ParsedImageConfig> parse_image_config(std::string_view json);

/// Canonical JSON: members sorted by name, nothing empty, no blanks. The same value gives the same bytes.
std::string encode_image_config(const ImageConfig& config, const std::vector<model::Digest>& diff_ids);

/// The part of `docker inspect` an engine reports. `id`, `tags`, `digests` and `size` are left empty.
model::ObservedImage to_observed(const ImageConfig& config);

/// "linux/amd64": what this machine runs.
std::string host_platform();
/// Whether an image for `own` is one for `wanted`, both "os/arch[/variant]"; a variant counts where it is
/// asked for. Invalid: no platform.
base::Result<bool> is_platform(std::string_view own, std::string_view wanted);

}  // namespace runtime::image
