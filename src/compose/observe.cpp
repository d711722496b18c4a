// SPDX-License-Identifier: Apache-2.0
#include "compose/observe.h"

#include <algorithm>

#include "compose/plan/images.h"
#include "model/labels.h"

namespace compose {
namespace {

/// Adds the resource of that name, if there is one and the label did not bring it.
template <class Resource, class Calls>
base::Result<> add_named(std::vector<Resource>& known, Calls& calls, const std::string& name) {
  const bool there = std::any_of(known.begin(), known.end(),
                                 [&](const Resource& resource) { return resource.name == name; });
  if (there) return {};
  auto found = calls.inspect(name);
  if (found) {
    known.push_back(*std::move(found));
  } else if (found.error().error_class != base::ErrorClass::NotFound) {
    return base::fail(std::move(found).error());
  }
  return {};
}

}  // namespace

base::Result<model::Observed> observe_labelled(engine_client::Engine& engine, const std::string& project) {
  const std::map<std::string, std::string> labels{{std::string(model::labels::kProject), project}};
  model::Observed observed;
  observed.containers = TRY(engine.containers().list({labels}));
  observed.networks = TRY(engine.networks().list({labels}));
  observed.volumes = TRY(engine.volumes().list({labels}));
  return observed;
}

base::Result<model::Observed> observe(engine_client::Engine& engine, const model::Project& project,
                                      char separator) {
  model::Observed observed = TRY(observe_labelled(engine, project.name));
  for (const auto& [key, network] : project.networks) {
    TRY(add_named(observed.networks, engine.networks(), network.spec.name));
  }
  for (const auto& [key, volume] : project.volumes) {
    TRY(add_named(observed.volumes, engine.volumes(), volume.spec.name));
  }
  TRY(observe_images(engine, plan::needed_images(project, separator), observed));
  return observed;
}

base::Result<> observe_images(engine_client::Engine& engine, const std::vector<std::string>& references,
                              model::Observed& observed) {
  observed.images.clear();
  for (const std::string& reference : references) {
    auto image = engine.images().inspect(reference);
    if (image) {
      observed.images.emplace(reference, *std::move(image));
    } else if (image.error().error_class != base::ErrorClass::NotFound) {
      return base::fail(std::move(image).error());
    }
  }
  return {};
}

}  // namespace compose
