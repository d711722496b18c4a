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

namespace runtime::build {

/// Limits on a cache's index, which is hostile input.
inline constexpr std::size_t kLargestCacheIndex = 16u << 20;  ///< Bytes of JSON.
inline constexpr std::size_t kMostCacheSteps = 20'000;

/// What a cache outside knows of one step.
struct ExportedStep {
  std::optional<std::size_t> layer;  ///< Position in the layers; none: they are not in the cache.
  std::int64_t created_ns = 0;
  bool operator==(const ExportedStep&) const = default;
};

/// Leads from the keys of steps to layers. Says nothing of where the layers' bytes are: they are the layers
/// of the manifest it came with, in the same order.
struct CacheIndex {
  std::vector<model::Digest> diff_ids;
  std::map<std::string, ExportedStep> steps;  ///< By key.
  std::map<std::string, std::string> links;   ///< Keys that are cheap to make, to those that take reading.
  bool operator==(const CacheIndex&) const = default;
};

/// Canonical JSON: the same index gives the same bytes.
std::string encode_cache_index(const CacheIndex& index);
/// Invalid: not JSON, malformed keys or digests, a position behind the last layer, above the limits.
base::Result<CacheIndex> parse_cache_index(std::string_view json);

}  // namespace runtime::build
