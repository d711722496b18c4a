// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "runtime/build/provenance.h"
#include "runtime/image/timestamp.h"

namespace runtime::build {
namespace {

using Json = nlohmann::json;

Json digest_set(const Material& material) { return {{material.algorithm, material.digest}}; }

class Writer {
 public:
  explicit Writer(const Provenance& provenance) : of_(provenance), everything_(provenance.option.everything) {
    for (const auto& [name, value] : of_.request) {
      const bool private_part = name.starts_with("build-arg:") || name.starts_with("label:");
      if (private_part && !everything_) {
        whole_request_ = false;
      } else {
        arguments_[name] = value;
      }
    }
    whole_materials_ =
        of_.folders.empty() && std::none_of(of_.materials.begin(), of_.materials.end(),
                                            [](const Material& m) { return m.digest.empty(); });
  }

  Json second_version() const {
    Json metadata = {
        {"buildkit_metadata", details()},
        {"buildkit_completeness", {{"request", whole_request_}, {"resolvedDependencies", whole_materials_}}},
        {"buildkit_reproducible", of_.option.reproducible}};
    add_run(metadata, "invocationId", "startedOn", "finishedOn");
    if (hermetic()) metadata["buildkit_hermetic"] = true;
    return {
        {"buildDefinition",
         {{"buildType", "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md"},
          {"externalParameters", {{"configSource", source("path")}, {"request", request()}}},
          {"internalParameters", {{"builderPlatform", of_.platform}}},
          {"resolvedDependencies", materials()}}},
        {"runDetails", {{"builder", {{"id", of_.option.builder_id}}}, {"metadata", std::move(metadata)}}}};
  }

  Json first_version() const {
    Json metadata = {
        {"https://mobyproject.org/buildkit@v1#metadata", details()},
        {"completeness",
         {{"parameters", whole_request_}, {"environment", true}, {"materials", whole_materials_}}},
        {"reproducible", of_.option.reproducible}};
    add_run(metadata, "buildInvocationID", "buildStartedOn", "buildFinishedOn");
    if (hermetic()) metadata["https://mobyproject.org/buildkit@v1#hermetic"] = true;
    return {{"builder", {{"id", of_.option.builder_id}}},
            {"buildType", "https://mobyproject.org/buildkit@v1"},
            {"materials", materials()},
            {"invocation",
             {{"configSource", source("entryPoint")},
              {"parameters", request()},
              {"environment", {{"platform", of_.platform}}}}},
            {"metadata", std::move(metadata)}};
  }

 private:
  bool hermetic() const { return whole_materials_ && !of_.used_network; }

  void add_run(Json& metadata, const char* id, const char* start, const char* finish) const {
    if (!of_.invocation.empty()) metadata[id] = of_.invocation;
    if (of_.started) metadata[start] = image::to_timestamp(*of_.started);
    if (of_.finished) metadata[finish] = image::to_timestamp(*of_.finished);
  }

  Json materials() const {
    Json out = Json::array();
    for (const Material& material : of_.materials) {
      out.push_back({{"uri", material.uri}});
      if (!material.digest.empty()) out.back()["digest"] = digest_set(material);
    }
    return out;
  }

  Json source(const char* file_member) const {
    Json out = {{file_member, of_.dockerfile_name}};
    if (of_.context.empty()) return out;
    out["uri"] = of_.context;
    for (const Material& material : of_.materials) {
      if (material.uri == of_.context && !material.digest.empty()) out["digest"] = digest_set(material);
    }
    return out;
  }

  Json request() const {
    Json out = {{"frontend", "dockerfile.v0"}, {"args", arguments_}};
    for (const std::string& folder : of_.folders) out["locals"].push_back({{"name", folder}});
    if (!everything_) return out;
    for (const auto& [member, used] : {std::pair("secrets", &of_.secrets), {"ssh", &of_.agents}}) {
      for (const UsedSecret& secret : *used) {
        out[member].push_back({{"id", secret.id}});
        if (secret.optional) out[member].back()["optional"] = true;
      }
    }
    return out;
  }

  Json details() const {
    Json out = Json::object();
    if (!of_.repository.empty()) out["vcs"] = of_.repository;
    if (!everything_) return out;
    out["source"] = {{"infos", Json::array({{{"filename", of_.dockerfile_name},
                                             {"language", "Dockerfile"},
                                             {"data", base::encode_base64(of_.dockerfile_text)}}})}};
    return out;
  }

  const Provenance& of_;
  const bool everything_;
  bool whole_request_ = true, whole_materials_ = true;
  std::map<std::string, std::string> arguments_;
};

}  // namespace

image::Statement make_provenance(const Provenance& provenance) {
  const Writer writer(provenance);
  const bool first = provenance.option.first_version;
  const Json predicate = first ? writer.first_version() : writer.second_version();
  return image::make_statement(
      first ? "https://in-toto.io/Statement/v0.1" : "https://in-toto.io/Statement/v1",
      first ? "https://slsa.dev/provenance/v0.2" : "https://slsa.dev/provenance/v1",
      predicate.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace runtime::build
