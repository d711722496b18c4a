// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/build/cache_index.h"

namespace runtime::build {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

auto invalid(std::string message) {
  return base::fail(base::ErrorClass::Invalid, fmt::format("the cache's index: {}", message));
}

bool is_key(const Json& json) {
  if (!json.is_string()) return false;
  const auto& text = json.get_ref<const std::string&>();
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

base::Result<ExportedStep> read_step(const Json& json, std::size_t layers) {
  ExportedStep step;
  if (const auto created = json.find("created"); created != json.end()) {
    if (!created->is_number_integer()) return invalid("created is no number");
    step.created_ns = created->get<std::int64_t>();
  }
  if (const auto layer = json.find("layer"); layer != json.end()) {
    if (!layer->is_number_unsigned() || layer->get<std::uint64_t>() >= layers)
      return invalid("a step's layer is none of the manifest's");
    step.layer = layer->get<std::size_t>();
  }
  return step;
}

const Json& list_in(const Json& root, const char* name) {
  static const Json kNone = Json::array();
  const auto found = root.find(name);
  return found != root.end() && found->is_array() ? *found : kNone;
}

}  // namespace

std::string encode_cache_index(const CacheIndex& index) {
  Json layers = Json::array(), steps = Json::array(), links = Json::array();
  for (const model::Digest& diff_id : index.diff_ids) layers.push_back(diff_id.text());
  for (const auto& [key, step] : index.steps) {
    Json entry = {{"key", key}, {"created", step.created_ns}};
    if (step.layer) entry["layer"] = *step.layer;
    steps.push_back(std::move(entry));
  }
  for (const auto& [from, to] : index.links) links.push_back({{"from", from}, {"to", to}});
  return Json{{"version", kVersion}, {"layers", layers}, {"steps", steps}, {"links", links}}.dump();
}

base::Result<CacheIndex> parse_cache_index(std::string_view text) {
  if (text.size() > kLargestCacheIndex) return invalid(fmt::format("more than {} bytes", kLargestCacheIndex));
  const Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return invalid("it is no JSON object");
  if (root.value("version", Json()) != kVersion) return invalid("it has another version");
  CacheIndex index;
  for (const Json& layer : list_in(root, "layers")) {
    if (!layer.is_string()) return invalid("a layer is no digest");
    index.diff_ids.push_back(TRY(model::Digest::parse(layer.get<std::string>())));
  }
  const Json& steps = list_in(root, "steps");
  const Json& links = list_in(root, "links");
  if (steps.size() > kMostCacheSteps || links.size() > kMostCacheSteps)
    return invalid(fmt::format("more than {} steps", kMostCacheSteps));
  for (const Json& step : steps) {
    if (!step.is_object() || !is_key(step.value("key", Json()))) return invalid("a step has no key");
    index.steps[step["key"].get<std::string>()] = TRY(read_step(step, index.diff_ids.size()));
  }
  for (const Json& link : links) {
    if (!link.is_object() || !is_key(link.value("from", Json())) || !is_key(link.value("to", Json())))
      return invalid("a link does not lead from key to key");
    index.links[link["from"].get<std::string>()] = link["to"].get<std::string>();
  }
  return index;
}

}  // namespace runtime::build
