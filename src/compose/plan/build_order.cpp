// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/build_order.h"

#include <algorithm>

#include "model/image_reference.h"

namespace compose::plan {
namespace {

/// "web" and "docker.io/library/web:latest" are the same.
std::string canonical(const std::string& name) {
  const auto reference = model::ImageReference::parse(name);
  return reference ? reference->canonical_text() : name;
}

}  // namespace

std::vector<const model::Service*> built_from(const model::Project& project, const model::Service& service,
                                              const ImageOptions& options) {
  std::vector<std::string> wanted;
  for (const auto& [name, context] : service.build->spec.additional_contexts) {
    if (!context.starts_with("service:")) continue;
    const auto other = project.services.find(context.substr(8));
    if (other != project.services.end())
      wanted.push_back(canonical(image_name(project, other->second, options.separator)));
  }
  if (const auto named = options.base_images.find(service.name); named != options.base_images.end()) {
    for (const std::string& image : named->second) wanted.push_back(canonical(image));
  }
  std::vector<const model::Service*> out;
  const std::string own = canonical(image_name(project, service, options.separator));
  for (const auto& [name, other] : project.services) {
    if (!other.build) continue;
    const std::string image = canonical(image_name(project, other, options.separator));
    if (image != own && std::find(wanted.begin(), wanted.end(), image) != wanted.end()) out.push_back(&other);
  }
  return out;
}

}  // namespace compose::plan
