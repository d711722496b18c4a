// SPDX-License-Identifier: Apache-2.0
#include "compose/plan/reconcile.h"

#include "compose/plan/attributes.h"
#include "compose/plan/reconciler.h"

namespace compose::plan {

base::Result<Plan> reconcile(const model::Project& project, const model::Observed& observed,
                             const ReconcileOptions& options) {
  return Reconciler(project, observed, options).run();
}

Reconciler::Reconciler(const model::Project& project, const model::Observed& observed,
                       const ReconcileOptions& options)
    : project_(project), observed_(observed), options_(options), order_(model::dependency_order(project)) {
  for (const std::string& name : order_) {
    for (const auto& [dependency, how] : project.services.at(name).depends_on) {
      dependents_[dependency].push_back(name);
    }
  }
  for (const auto& container : observed.containers) {
    if (is_managed(container) && !is_one_off(container))
      containers_[service_of(container)].push_back(&container);
  }
}

base::Result<Plan> Reconciler::run() {
  check_attributes(project_, options_.engine, diagnostics_);
  decide_networks();
  decide_volumes();
  decide_services();
  decide_restart_dependents();
  decide_orphans();
  TRY(diagnostics_.checkpoint());

  write_early_stops();
  write_resources();
  write_creations();
  write_stops_and_removals();
  write_orphans();
  write_starts();
  write_final_waits();
  TRY(diagnostics_.checkpoint());
  builder_.plan().warnings = diagnostics_.warnings();
  return builder_.take();
}

const ServiceState* Reconciler::find_state(const std::string& service) const {
  const auto found = services_.find(service);
  return found == services_.end() ? nullptr : &found->second;
}

Recreate Reconciler::policy_of(const std::string& service) const {
  const bool target = options_.targets.empty() || options_.targets.contains(service);
  return target ? options_.recreate : options_.recreate_dependencies;
}

}  // namespace compose::plan
