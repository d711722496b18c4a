// SPDX-License-Identifier: Apache-2.0
#include "model/project.h"

#include <functional>
#include <set>

namespace model {

std::string_view to_text(DependencyCondition condition) {
  switch (condition) {
    case DependencyCondition::Started: return "service_started";
    case DependencyCondition::Healthy: return "service_healthy";
    case DependencyCondition::CompletedSuccessfully: return "service_completed_successfully";
  }
  return "service_started";
}

std::vector<std::string> dependency_order(const Project& project) {
  std::vector<std::string> order;
  std::set<std::string> done;
  const std::function<void(const std::string&)> visit = [&](const std::string& name) {
    const auto found = project.services.find(name);
    if (found == project.services.end() || !done.insert(name).second) return;
    for (const auto& [dependency, how] : found->second.depends_on) visit(dependency);
    order.push_back(name);
  };
  for (const auto& [name, service] : project.services) visit(name);
  return order;
}

}  // namespace model
