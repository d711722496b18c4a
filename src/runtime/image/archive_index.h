// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace runtime::image {

inline constexpr std::size_t kLargestArchiveIndex = 16u << 20;  ///< Bytes of manifest.json.
inline constexpr std::size_t kMostArchiveImages = 1'000;

/// One image of a docker-archive's manifest.json: paths of members.
struct ArchivedImage {
  std::string config;
  std::vector<std::string> repo_tags;
  std::vector<std::string> layers;  ///< Bottom first.
};

/// Invalid: not JSON, wrong types, above the limits.
base::Result<std::vector<ArchivedImage>> parse_archive_index(std::string_view json);
std::string encode_archive_index(const std::vector<ArchivedImage>& images);
/// The archive's "repositories", which loaders older than manifest.json read: name, tag, digest of the top
/// layer.
std::string encode_repositories(const std::vector<ArchivedImage>& images);

}  // namespace runtime::image
