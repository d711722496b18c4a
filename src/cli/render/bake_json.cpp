// SPDX-License-Identifier: Apache-2.0
#include "cli/render/bake_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cli {
namespace {

using Json = nlohmann::ordered_json;
using Targets = std::map<std::string, std::string>;  ///< Of image names.

/// "docker-image://shop-base" is the target "base" when that is built as well.
Json contexts_of(const model::BuildSpec& spec, const Targets& targets) {
  Json out = Json::object();
  for (const auto& [name, context] : spec.additional_contexts) {
    constexpr std::string_view kImage = "docker-image://";
    const auto target =
        context.starts_with(kImage) ? targets.find(context.substr(kImage.size())) : targets.end();
    out[name] = target == targets.end() ? context : "target:" + target->second;
  }
  return out;
}

Json secrets_of(const model::BuildSpec& spec) {
  Json out = Json::array();
  for (const model::BuildSecret& secret : spec.secrets) {
    out.push_back(secret.file.empty() ? fmt::format("id={},type=env", secret.id)
                                      : fmt::format("id={},type=file,src={}", secret.id, secret.file));
  }
  return out;
}

Json attestations_of(const model::BuildSpec& spec) {
  Json out = Json::array();
  for (const auto& [type, value] : {std::pair("provenance", spec.provenance), {"sbom", spec.sbom}}) {
    if (value.empty()) continue;
    const bool plain = value == "true" || value == "false";
    out.push_back(plain ? fmt::format("type={},disabled={}", type, value == "false")
                        : fmt::format("type={},{}", type, value));
  }
  return out;
}

Json ulimits_of(const model::BuildSpec& spec) {
  Json out = Json::array();
  for (const auto& [name, limit] : spec.ulimits)
    out.push_back(fmt::format("{}={}:{}", name, limit.soft, limit.hard));
  return out;
}

Json target_of(const model::BuildSpec& spec, const Targets& targets) {
  Json out = {{"context", spec.context}};
  const auto add = [&](const char* name, Json value) {
    if (!value.empty() && value != "") out[name] = std::move(value);
  };
  add("contexts", contexts_of(spec, targets));
  add("dockerfile-inline", spec.dockerfile_inline);
  if (spec.dockerfile_inline.empty()) add("dockerfile", spec.dockerfile);
  add("args", spec.args);
  add("labels", spec.labels);
  add("tags", spec.tags);
  add("target", spec.target);
  add("platforms", spec.platforms);
  add("cache-from", spec.cache_from);
  add("cache-to", spec.cache_to);
  add("secret", secrets_of(spec));
  add("ssh", spec.ssh);
  add("no-cache-filter", spec.no_cache_filter);
  add("network", spec.network);
  add("extra-hosts", spec.extra_hosts);
  add("entitlements", spec.entitlements);
  add("ulimits", ulimits_of(spec));
  add("attest", attestations_of(spec));
  if (spec.shm_size) out["shm-size"] = std::to_string(spec.shm_size->bytes);
  if (spec.no_cache) out["no-cache"] = true;
  if (spec.pull) out["pull"] = true;
  out["output"] = Json::array({"type=docker"});
  return out;
}

}  // namespace

std::string encode_bake(const compose::plan::Plan& plan) {
  Targets targets;
  Json names = Json::array(), bodies = Json::object();
  for (const compose::plan::Step& step : plan.steps) {
    const auto* build = std::get_if<compose::plan::BuildImage>(&step.call);
    if (build == nullptr) continue;
    names.push_back(build->service);
    targets[build->reference] = build->service;
    bodies[build->service] = target_of(build->spec, targets);
  }
  Json out = Json::object();
  out["group"]["default"]["targets"] = std::move(names);
  out["target"] = std::move(bodies);
  return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cli
