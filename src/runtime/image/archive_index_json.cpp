// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/archive_index.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/image/image_config.h"

namespace runtime::image {
namespace {

using Json = nlohmann::json;

tl::unexpected<base::Error> invalid(std::string what) {
  return base::fail(base::ErrorClass::Invalid, "manifest.json: " + std::move(what));
}

base::Result<std::vector<std::string>> read_strings(const Json& image, const char* key) {
  std::vector<std::string> out;
  const auto found = image.find(key);
  if (found == image.end() || found->is_null()) return out;
  if (!found->is_array()) return invalid(fmt::format("{} must be a list of strings", key));
  for (const Json& item : *found) {
    if (!item.is_string()) return invalid(fmt::format("{} must be a list of strings", key));
    out.push_back(item.get<std::string>());
  }
  return out;
}

}  // namespace

base::Result<std::vector<ArchivedImage>> parse_archive_index(std::string_view json) {
  const Json root = Json::parse(json, nullptr, false);
  if (!root.is_array()) return invalid("it is no JSON list");
  if (root.size() > kMostArchiveImages)
    return invalid(fmt::format("more than {} images", kMostArchiveImages));
  std::vector<ArchivedImage> out;
  for (const Json& item : root) {
    if (!item.is_object()) return invalid("it must be a list of objects");
    ArchivedImage image;
    const auto config = item.find("Config");
    if (config == item.end() || !config->is_string()) return invalid("Config must be a string");
    image.config = config->get<std::string>();
    image.repo_tags = TRY(read_strings(item, "RepoTags"));
    image.layers = TRY(read_strings(item, "Layers"));
    if (image.layers.size() > kMostLayers) return invalid(fmt::format("more than {} layers", kMostLayers));
    out.push_back(std::move(image));
  }
  return out;
}

std::string encode_archive_index(const std::vector<ArchivedImage>& images) {
  Json root = Json::array();
  for (const ArchivedImage& image : images) {
    root.push_back({{"Config", image.config}, {"RepoTags", image.repo_tags}, {"Layers", image.layers}});
  }
  return root.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string encode_repositories(const std::vector<ArchivedImage>& images) {
  Json root = Json::object();
  for (const ArchivedImage& image : images) {
    if (image.layers.empty()) continue;
    const std::string& top = image.layers.back();
    for (const std::string& name : image.repo_tags) {
      const auto colon = name.rfind(':');
      root[name.substr(0, colon)][name.substr(colon + 1)] = top.substr(top.rfind('/') + 1);
    }
  }
  return root.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace runtime::image
