// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/plan/images.h"
#include "model/labels.h"

namespace compose::plan {
namespace {

base::Result<model::BuildSecret> make_secret(const model::Project& project,
                                             const model::FileReference& reference) {
  const auto found = project.secrets.find(reference.source);
  const auto refuse = [&](base::ErrorClass error_class, std::string message) {
    return base::fail(base::make_error(error_class, std::move(message)).at(reference.span));
  };
  if (found == project.secrets.end()) {
    return refuse(base::ErrorClass::NotFound, fmt::format("no such secret: {}", reference.source));
  }
  const model::ProjectFile& file = found->second;
  model::BuildSecret secret;
  secret.id = reference.target.empty() ? reference.source : reference.target;
  secret.file = file.file;
  secret.content = file.content;
  // A token that only some who build have: empty without it.
  if (!file.environment.empty() && !secret.content) secret.content = "";
  if (secret.file.empty() && !secret.content) {
    return refuse(base::ErrorClass::Invalid,
                  fmt::format("secret \"{}\" is external, which this engine has no store for", file.key));
  }
  return secret;
}

/// "type=local,src=cache"
void make_folders_absolute(std::vector<std::string>& caches, const std::string& folder_of_all) {
  for (std::string& cache : caches) {
    std::vector<std::string> attributes = base::split(cache, ',');
    if (std::find(attributes.begin(), attributes.end(), "type=local") == attributes.end()) continue;
    for (std::string& attribute : attributes) {
      const auto [name, folder] = base::split_once(attribute, '=');
      if ((name != "src" && name != "dest") || folder.starts_with('/')) continue;
      attribute = fmt::format("{}={}/{}", name, folder_of_all, folder);
    }
    cache = base::join(attributes, ",");
  }
}

/// "id=~/.ssh/key" and "id=keys/key"
void make_keys_absolute(std::vector<std::string>& entries, const std::string& folder,
                        const std::string& home) {
  for (std::string& entry : entries) {
    const auto [id, paths] = base::split_once(entry, '=');
    if (paths.empty()) continue;
    std::vector<std::string> all = base::split(paths, ',');
    for (std::string& path : all) {
      if (path.starts_with("~/") && !home.empty()) path = home + path.substr(1);
      if (!path.starts_with('/')) path = fmt::format("{}/{}", folder, path);
    }
    entry = fmt::format("{}={}", id, base::join(all, ","));
  }
}

/// A flag's value counts more than the file's.
void set_by_flag(model::BuildSpec& spec, std::string& part, const std::string& given,
                 const std::string& name) {
  if (given.empty()) return;
  part = given;
  spec.places[name] = {.span = {}, .flag = "--" + name};
}

}  // namespace

void make_paths_absolute(model::BuildSpec& spec, const std::string& folder, const std::string& home) {
  make_folders_absolute(spec.cache_from, folder);
  make_folders_absolute(spec.cache_to, folder);
  make_keys_absolute(spec.ssh, folder, home);
  constexpr std::string_view kLayout = "oci-layout://";
  for (auto& [name, context] : spec.additional_contexts) {
    if (context.starts_with(kLayout) && !context.substr(kLayout.size()).starts_with('/'))
      context = fmt::format("{}{}/{}", kLayout, folder, context.substr(kLayout.size()));
  }
}

base::Result<model::BuildSpec> make_build_spec(const model::Project& project, const model::Service& service,
                                               const ImageOptions& options) {
  namespace labels = model::labels;
  model::BuildSpec spec = service.build->spec;
  spec.tags.insert(spec.tags.begin(), image_name(project, service, options.separator));
  spec.labels.insert_or_assign(std::string(labels::kProject), project.name);
  spec.labels.insert_or_assign(std::string(labels::kService), service.name);
  spec.labels.insert_or_assign(std::string(labels::kVersion), options.version);
  for (const model::FileReference& reference : service.build->secrets) {
    spec.secrets.push_back(TRY(make_secret(project, reference)));
  }
  for (auto& [name, context] : spec.additional_contexts) {
    if (!context.starts_with("service:")) continue;
    const auto found = project.services.find(context.substr(8));
    if (found == project.services.end()) continue;
    context = "docker-image://" + image_name(project, found->second, options.separator);
  }
  // One machine runs one platform: of several wanted only the service's own is built.
  if (!service.platform.empty()) spec.platforms = {service.platform};
  for (const auto& [key, value] : options.settings.args) spec.args.insert_or_assign(key, value);
  spec.ssh.insert(spec.ssh.begin(), options.settings.ssh.begin(), options.settings.ssh.end());
  const auto home = project.environment.find("HOME");
  make_paths_absolute(spec, project.working_dir, home == project.environment.end() ? "" : home->second);
  set_by_flag(spec, spec.provenance, options.settings.provenance, "provenance");
  set_by_flag(spec, spec.sbom, options.settings.sbom, "sbom");
  spec.no_cache = spec.no_cache || options.settings.no_cache;
  spec.pull = spec.pull || options.settings.pull;
  return spec;
}

}  // namespace compose::plan
