// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "compose/plan/plan.h"
#include "model/observed.h"
#include "model/project.h"

namespace compose::plan {

/// The containers that are there, by service of the project, in order of replica number.
class ProjectContainers {
 public:
  enum class OneOffs { Include, Exclude };
  ProjectContainers(const model::Project& project, const model::Observed& observed, OneOffs one_offs);

  const std::vector<const model::ObservedContainer*>& of(const std::string& service) const;
  /// The project's services, dependencies first.
  const std::vector<std::string>& order() const { return order_; }
  /// Services that name `service` in their depends_on.
  const std::vector<std::string>& dependents_of(const std::string& service) const;
  /// `services`, or all when it is empty, in dependency order. NotFound, with the nearest name.
  base::Result<std::vector<std::string>> select(const std::vector<std::string>& services) const;
  /// The same with everything that depends on them, directly or not.
  base::Result<std::vector<std::string>> select_with_dependents(
      const std::vector<std::string>& services) const;

 private:
  std::vector<std::string> in_order(const std::vector<std::string>& services) const;

  const model::Project& project_;
  std::vector<std::string> order_;
  std::map<std::string, std::vector<const model::ObservedContainer*>> by_service_;
  std::map<std::string, std::vector<std::string>> dependents_;
};

/// How a plan names a container that is there already.
ContainerRef ref_to(const model::ObservedContainer& container);

}  // namespace compose::plan
