// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/address.h"
#include "base/address_text.h"
#include "runtime/registry/registry_options.h"
#include "sys/file.h"

namespace runtime::registry {
namespace {

using Json = nlohmann::json;

constexpr const char* kOwnFile = "/etc/compose/registries.json";
constexpr const char* kDockerFile = "/etc/docker/daemon.json";

base::Result<Json> parse_object(std::string_view text, std::string_view what) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_object()) return json;
  return base::fail(base::ErrorClass::Invalid, fmt::format("{} is no JSON object", what));
}

base::Result<std::vector<std::string>> read_strings(const Json& object, const char* key,
                                                    std::string_view what) {
  std::vector<std::string> out;
  const auto found = object.find(key);
  if (found == object.end()) return out;
  const bool strings = found->is_array() && std::all_of(found->begin(), found->end(),
                                                        [](const Json& item) { return item.is_string(); });
  if (!strings)
    return base::fail(base::ErrorClass::Invalid, fmt::format("{}: {} must be a list of strings", what, key));
  for (const Json& item : *found) out.push_back(item.get<std::string>());
  return out;
}

/// A path would be passed over: a registry's API begins at its host.
base::Result<std::vector<std::string>> read_mirrors(const Json& object, const char* key,
                                                    std::string_view what) {
  std::vector<std::string> out = TRY(read_strings(object, key, what));
  for (const std::string& mirror : out) {
    const bool is_url = mirror.find("://") != std::string::npos;
    const auto doing = fmt::format("reading the mirrors in {}", what);
    const base::Address address =
        TRY_WHILE(base::parse_address(is_url ? mirror : "https://" + mirror), doing);
    const bool has_path = !address.path.empty() && address.path != "/";
    if (address.is_http() && !has_path && !address.query && !address.fragment) continue;
    return base::fail(base::make_error(base::ErrorClass::Invalid,
                                       fmt::format("{}: {} is no mirror", what, base::hide_secrets(mirror)))
                          .with_hint("a mirror is a host, or http:// or https:// and a host"));
  }
  return out;
}

void append(std::vector<std::string>& to, std::vector<std::string> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

/// "" when the file is not there.
base::Result<std::string> read_if_there(const std::string& path) {
  auto text = sys::read_file(path);
  if (!text && text.error().error_class == base::ErrorClass::NotFound) return std::string();
  return text;
}

}  // namespace

base::Result<> read_registries(std::string_view text, RegistryOptions& options) {
  if (text.empty()) return {};
  constexpr std::string_view kWhat = "registries.json";
  const Json json = TRY(parse_object(text, kWhat));
  for (const auto& [key, value] : json.items()) {
    if (key != "insecure" && key != "mirrors" && key != "certificates") {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("{}: unknown key \"{}\"", kWhat, key))
              .with_hint("insecure, mirrors and certificates are known"));
    }
  }
  append(options.insecure, TRY(read_strings(json, "insecure", kWhat)));
  append(options.certificate_folders, TRY(read_strings(json, "certificates", kWhat)));
  const auto mirrors = json.find("mirrors");
  if (mirrors == json.end()) return {};
  if (!mirrors->is_object())
    return base::fail(base::ErrorClass::Invalid, fmt::format("{}: mirrors must be an object", kWhat));
  for (const auto& [registry, ignored] : mirrors->items()) {
    append(options.mirrors[registry], TRY(read_mirrors(*mirrors, registry.c_str(), kWhat)));
  }
  return {};
}

base::Result<> read_docker_daemon(std::string_view text, RegistryOptions& options) {
  if (text.empty()) return {};
  const Json json = TRY(parse_object(text, kDockerFile));
  append(options.insecure, TRY(read_strings(json, "insecure-registries", kDockerFile)));
  append(options.mirrors["docker.io"], TRY(read_mirrors(json, "registry-mirrors", kDockerFile)));
  return {};
}

base::Result<RegistryOptions> load_options() {
  RegistryOptions options;
  options.certificate_folders = {"/etc/compose/certs.d", "/etc/docker/certs.d", "/etc/containers/certs.d"};
  const std::string own = environment("COMPOSE_REGISTRIES");
  TRY(read_registries(TRY(read_if_there(own.empty() ? kOwnFile : own)), options));
  TRY(read_docker_daemon(TRY(read_if_there(kDockerFile)), options));
  std::string folder = environment("DOCKER_CONFIG");
  if (folder.empty()) folder = environment("HOME") + "/.docker";
  options.docker_config = folder + "/config.json";
  options.auth_config = environment("DOCKER_AUTH_CONFIG");
  return options;
}

}  // namespace runtime::registry
