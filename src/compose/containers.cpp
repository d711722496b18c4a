// SPDX-License-Identifier: Apache-2.0
#include "compose/containers.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/split.h"
#include "compose/plan/names.h"
#include "model/labels.h"

namespace compose {
namespace {

namespace labels = model::labels;

base::Result<std::vector<model::ObservedContainer>> list_managed(engine_client::Engine& engine,
                                                                 const std::string& project) {
  return engine.containers().list(
      {{{std::string(labels::kProject), project}, {std::string(labels::kConfigHash), ""}}});
}

}  // namespace

base::Result<std::vector<model::ObservedContainer>> list_containers(
    engine_client::Engine& engine, const std::string& project, const std::vector<std::string>& services,
    OneOffs one_offs, const std::vector<std::string>& known_services) {
  std::vector<model::ObservedContainer> out = TRY(list_managed(engine, project));
  std::set<std::string> there(known_services.begin(), known_services.end());
  for (const auto& container : out) there.insert(plan::service_of(container));
  for (const std::string& service : services) {
    if (!there.contains(service)) {
      return base::fail(base::ErrorClass::NotFound, fmt::format("no such service: {}", service));
    }
  }
  std::erase_if(out, [&](const auto& container) {
    if (one_offs == OneOffs::Exclude && plan::is_one_off(container)) return true;
    return !services.empty() &&
           std::find(services.begin(), services.end(), plan::service_of(container)) == services.end();
  });
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

base::Result<model::ObservedContainer> find_container(engine_client::Engine& engine,
                                                      const std::string& project, const std::string& service,
                                                      int index) {
  std::vector<model::ObservedContainer> all = TRY(list_managed(engine, project));
  std::erase_if(all, [&](const auto& container) { return plan::service_of(container) != service; });
  if (index > 0) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& container) {
      return !plan::is_one_off(container) && plan::number_of(container) == index;
    });
    if (found != all.end()) return *found;
    return base::fail(base::ErrorClass::NotFound,
                      fmt::format("service \"{}\" has no container #{}", service, index));
  }
  std::erase_if(all, [](const auto& container) {
    return container.status != model::ContainerStatus::Running &&
           container.status != model::ContainerStatus::Paused;
  });
  const auto best = std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tuple(plan::is_one_off(a), plan::number_of(a)) <
           std::tuple(plan::is_one_off(b), plan::number_of(b));
  });
  if (best != all.end()) return *best;
  return base::fail(base::ErrorClass::NotFound, fmt::format("service \"{}\" is not running", service));
}

base::Result<std::vector<ProjectStatus>> list_projects(engine_client::Engine& engine, bool all) {
  const auto containers = TRY(engine.containers().list(
      {{{std::string(labels::kProject), ""}, {std::string(labels::kConfigHash), ""}}}));
  struct Counted {
    std::map<std::string, int> by_status;
    std::string config_files;
  };
  std::map<std::string, Counted> projects;
  for (const auto& container : containers) {
    if (plan::is_one_off(container) && !all) continue;
    Counted& counted = projects[container.label(labels::kProject)];
    ++counted.by_status[std::string(model::to_text(container.status))];
    if (counted.config_files.empty()) counted.config_files = container.label(labels::kConfigFiles);
  }
  std::vector<ProjectStatus> out;
  for (const auto& [name, counted] : projects) {
    if (!all && !counted.by_status.contains("running")) continue;
    std::vector<std::string> parts;
    for (const auto& [status, count] : counted.by_status)
      parts.push_back(fmt::format("{}({})", status, count));
    out.push_back({name, base::join(parts, ", "), counted.config_files});
  }
  return out;
}

}  // namespace compose
