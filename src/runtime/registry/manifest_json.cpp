// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/registry/manifest.h"

namespace runtime::registry {
namespace {

using Json = nlohmann::json;

tl::unexpected<base::Error> invalid(std::string what) {
  return base::fail(base::ErrorClass::Invalid, "manifest: " + std::move(what));
}

base::Result<Json> parse_document(std::string_view json, std::string_view told, bool as_index) {
  if (json.size() > kLargestManifest) return invalid(fmt::format("larger than {} bytes", kLargestManifest));
  Json root = Json::parse(json, nullptr, false);
  if (root.is_discarded() || !root.is_object()) return invalid("it is no JSON object");
  const auto version = root.find("schemaVersion");
  if (version == root.end() || *version != 2) return invalid("schemaVersion must be 2");
  // One text must not be two things, depending on who reads it.
  if (as_index ? root.contains("layers") || root.contains("config") : root.contains("manifests")) {
    return invalid("it is both an image and an index");
  }
  if (root.contains("fsLayers") || root.contains("history")) return invalid("schema 1 is not supported");
  const auto own = root.find("mediaType");
  if (own != root.end()) {
    if (!own->is_string()) return invalid("mediaType must be a string");
    if (!told.empty() && own->get_ref<const std::string&>() != told) {
      return invalid(fmt::format("it calls itself {} but was sent as {}",
                                 own->get_ref<const std::string&>().substr(0, 100), told.substr(0, 100)));
    }
  }
  return root;
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::map<std::string, std::string> read_annotations(const Json& json) {
  std::map<std::string, std::string> out;
  const auto notes = json.find("annotations");
  if (notes == json.end() || !notes->is_object()) return out;
  for (const auto& [key, value] : notes->items()) {
    if (value.is_string()) out[key] = value.get<std::string>();
  }
  return out;
}

base::Result<Descriptor> read_descriptor(const Json& json, std::string_view where) {
  if (!json.is_object()) return invalid(fmt::format("{} must be an object", where));
  Descriptor out;
  out.media_type = text_of(json, "mediaType");
  out.digest = TRY_WHILE(model::Digest::parse(text_of(json, "digest")),
                         fmt::format("reading {} of a manifest", where));
  const auto size = json.find("size");
  if (size == json.end() || !size->is_number_integer() || size->get<std::int64_t>() < 0) {
    return invalid(fmt::format("{}.size must be a number of bytes", where));
  }
  out.size = size->get<std::int64_t>();
  if (const auto platform = json.find("platform"); platform != json.end() && platform->is_object()) {
    out.platform = Platform{text_of(*platform, "os"), text_of(*platform, "architecture"),
                            text_of(*platform, "variant"), text_of(*platform, "os.version")};
  }
  out.annotations = read_annotations(json);
  return out;
}

base::Result<std::vector<Descriptor>> read_list(const Json& root, const char* key, std::size_t most) {
  const auto found = root.find(key);
  if (found == root.end() || !found->is_array()) return invalid(fmt::format("{} must be a list", key));
  if (found->size() > most) return invalid(fmt::format("more than {} {}", most, key));
  std::vector<Descriptor> out;
  for (const Json& item : *found) {
    out.push_back(TRY(read_descriptor(item, fmt::format("{}[{}]", key, out.size()))));
  }
  return out;
}

Json encode(const Descriptor& descriptor) {
  Json out = {
      {"mediaType", descriptor.media_type}, {"digest", descriptor.digest.text()}, {"size", descriptor.size}};
  if (descriptor.platform) {
    out["platform"] = {{"os", descriptor.platform->os}, {"architecture", descriptor.platform->architecture}};
    if (!descriptor.platform->variant.empty()) out["platform"]["variant"] = descriptor.platform->variant;
  }
  if (!descriptor.annotations.empty()) out["annotations"] = descriptor.annotations;
  return out;
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

base::Result<Manifest> parse_manifest(std::string_view json, std::string_view told) {
  const Json root = TRY(parse_document(json, told, false));
  Manifest out;
  out.media_type = told.empty() ? text_of(root, "mediaType") : std::string(told);
  if (!root.contains("config")) return invalid("config is missing");
  out.config = TRY(read_descriptor(root["config"], "config"));
  out.layers = TRY(read_list(root, "layers", kMostManifestLayers));
  out.annotations = read_annotations(root);
  return out;
}

base::Result<Index> parse_index(std::string_view json, std::string_view told) {
  const Json root = TRY(parse_document(json, told, true));
  Index out;
  out.media_type = told.empty() ? text_of(root, "mediaType") : std::string(told);
  out.manifests = TRY(read_list(root, "manifests", kMostManifests));
  return out;
}

std::string sniff_media_type(std::string_view json) {
  if (json.size() > kLargestManifest) return "";
  const Json root = Json::parse(json, nullptr, false);
  if (root.is_discarded() || !root.is_object()) return "";
  const std::string own = text_of(root, "mediaType");
  if (!own.empty()) return own;
  if (root.contains("manifests")) return std::string(media_type::kOciIndex);
  if (root.contains("layers")) return std::string(media_type::kOciManifest);
  return "";
}

std::string encode_manifest(const Manifest& manifest) {
  Json layers = Json::array();
  for (const Descriptor& layer : manifest.layers) layers.push_back(encode(layer));
  Json out = {{"schemaVersion", 2},
              {"mediaType", manifest.media_type},
              {"config", encode(manifest.config)},
              {"layers", std::move(layers)}};
  if (!manifest.annotations.empty()) out["annotations"] = manifest.annotations;
  return dump(out);
}

std::string encode_index(const Index& index) {
  Json manifests = Json::array();
  for (const Descriptor& manifest : index.manifests) manifests.push_back(encode(manifest));
  return dump({{"schemaVersion", 2}, {"mediaType", index.media_type}, {"manifests", std::move(manifests)}});
}

}  // namespace runtime::registry
