// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "cli/render/build_outline.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;
using model::BuildOutline;

Json location(const BuildOutline::Lines& lines) {
  return {{"ranges", Json::array({{{"start", {{"line", lines.first}}}, {"end", {{"line", lines.last}}}}})}};
}

/// Members that say nothing are left out.
void add(Json& out, const char* key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}
void add(Json& out, const char* key, bool value) {
  if (value) out[key] = true;
}

std::string print(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void add_needs(Json& out, const char* key, const std::vector<BuildOutline::Need>& needs) {
  for (const BuildOutline::Need& need : needs) {
    Json entry{{"name", need.name}};
    add(entry, "required", need.required);
    entry["location"] = location(need.lines);
    out[key].push_back(std::move(entry));
  }
}

}  // namespace

std::string encode_targets(const BuildOutline& outline) {
  Json targets = Json::array();
  for (const BuildOutline::Target& target : outline.targets) {
    Json entry = Json::object();
    add(entry, "name", target.name);
    add(entry, "default", target.is_default);
    add(entry, "description", target.description);
    add(entry, "base", target.base);
    add(entry, "platform", target.platform);
    entry["location"] = location(target.lines);
    targets.push_back(std::move(entry));
  }
  return print({{"targets", std::move(targets)}, {"sources", {base::encode_base64(outline.text)}}});
}

std::string encode_outline(const BuildOutline& outline) {
  Json out = Json::object();
  add(out, "name", outline.name);
  add(out, "description", outline.description);
  for (const BuildOutline::Argument& argument : outline.arguments) {
    Json entry{{"name", argument.name}};
    add(entry, "description", argument.description);
    add(entry, "value", argument.value);
    entry["location"] = location(argument.lines);
    out["args"].push_back(std::move(entry));
  }
  add_needs(out, "secrets", outline.secrets);
  add_needs(out, "ssh", outline.agents);
  for (const BuildOutline::CacheMount& cache : outline.caches)
    out["cache"].push_back({{"ID", cache.id}, {"location", location(cache.lines)}});
  out["sources"] = Json::array({base::encode_base64(outline.text)});
  return print(out);
}

std::string encode_findings(const BuildOutline& outline) {
  Json warnings = Json::array();
  for (const BuildOutline::Finding& finding : outline.findings) {
    Json entry{{"ruleName", finding.rule}, {"detail", finding.warning.message}};
    add(entry, "description", finding.warning.hint);
    const auto& place = finding.warning.location;
    if (place) entry["location"] = location({place->line, place->line});
    warnings.push_back(std::move(entry));
  }
  const Json source{
      {"fileName", outline.file}, {"language", "Dockerfile"}, {"data", base::encode_base64(outline.text)}};
  return print({{"warnings", std::move(warnings)}, {"sources", Json::array({source})}});
}

}  // namespace cli
