// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/project_containers.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/suggest.h"
#include "compose/plan/names.h"

namespace compose::plan {

ProjectContainers::ProjectContainers(const model::Project& project, const model::Observed& observed,
                                     OneOffs one_offs)
    : project_(project), order_(model::dependency_order(project)) {
  for (const auto& container : observed.containers) {
    if (!is_managed(container)) continue;
    if (one_offs == OneOffs::Exclude && is_one_off(container)) continue;
    by_service_[service_of(container)].push_back(&container);
  }
  for (auto& [service, containers] : by_service_) {
    std::stable_sort(containers.begin(), containers.end(),
                     [](const auto* a, const auto* b) { return number_of(*a) < number_of(*b); });
  }
  for (const std::string& name : order_) {
    for (const auto& [dependency, how] : project.services.at(name).depends_on) {
      dependents_[dependency].push_back(name);
    }
  }
}

const std::vector<const model::ObservedContainer*>& ProjectContainers::of(const std::string& service) const {
  static const std::vector<const model::ObservedContainer*> kNone;
  const auto found = by_service_.find(service);
  return found == by_service_.end() ? kNone : found->second;
}

const std::vector<std::string>& ProjectContainers::dependents_of(const std::string& service) const {
  static const std::vector<std::string> kNone;
  const auto found = dependents_.find(service);
  return found == dependents_.end() ? kNone : found->second;
}

std::vector<std::string> ProjectContainers::in_order(const std::vector<std::string>& services) const {
  const std::set<std::string> wanted(services.begin(), services.end());
  std::vector<std::string> out;
  std::copy_if(order_.begin(), order_.end(), std::back_inserter(out),
               [&](const std::string& name) { return wanted.contains(name); });
  return out;
}

base::Result<std::vector<std::string>> ProjectContainers::select(
    const std::vector<std::string>& services) const {
  if (services.empty()) return order_;
  for (const std::string& name : services) {
    if (project_.services.contains(name)) continue;
    const std::string nearest = base::nearest_name(name, order_);
    return base::fail(
        base::make_error(base::ErrorClass::NotFound, fmt::format("no such service: {}", name))
            .with_hint(nearest.empty() ? std::string() : fmt::format("did you mean \"{}\"?", nearest)));
  }
  return in_order(services);
}

base::Result<std::vector<std::string>> ProjectContainers::select_with_dependents(
    const std::vector<std::string>& services) const {
  std::vector<std::string> found = TRY(select(services));
  std::set<std::string> known(found.begin(), found.end());
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const std::string& dependent : dependents_of(found[i])) {
      if (known.insert(dependent).second) found.push_back(dependent);
    }
  }
  return in_order(found);
}

ContainerRef ref_to(const model::ObservedContainer& container) { return {container.id, 0, container.name}; }

}  // namespace compose::plan
