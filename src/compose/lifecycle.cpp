// SPDX-License-Identifier: Apache-2.0
#include "compose/lifecycle.h"

#include "compose/observe.h"

namespace compose {
namespace {

/// Observes the project, plans with `make_plan`, and carries that out.
template <class MakePlan>
base::Result<> observe_and_carry_out(Session& session, const model::Project& project, MakePlan make_plan) {
  const model::Observed observed = TRY(observe_labelled(session.engine, project.name));
  const plan::Plan plan = TRY(make_plan(observed));
  TRY(carry_out(plan, session));
  return {};
}

}  // namespace

base::Result<> start(Session& session, const model::Project& project, const plan::LifecycleOptions& options) {
  return observe_and_carry_out(session, project, [&](const model::Observed& observed) {
    return plan::plan_start(project, observed, options);
  });
}

base::Result<> stop(Session& session, const model::Project& project, const plan::LifecycleOptions& options) {
  return observe_and_carry_out(session, project, [&](const model::Observed& observed) {
    return plan::plan_stop(project, observed, options);
  });
}

base::Result<> restart(Session& session, const model::Project& project,
                       const plan::LifecycleOptions& options) {
  return observe_and_carry_out(session, project, [&](const model::Observed& observed) {
    return plan::plan_restart(project, observed, options);
  });
}

base::Result<> kill(Session& session, const model::Project& project, const std::vector<std::string>& services,
                    const std::string& signal, bool remove_orphans) {
  return observe_and_carry_out(session, project, [&](const model::Observed& observed) {
    return plan::plan_kill(project, observed, services, signal, remove_orphans);
  });
}

base::Result<> pause(Session& session, const model::Project& project,
                     const std::vector<std::string>& services) {
  return observe_and_carry_out(session, project, [&](const model::Observed& observed) {
    return plan::plan_pause(project, observed, services);
  });
}

base::Result<> unpause(Session& session, const model::Project& project,
                       const std::vector<std::string>& services) {
  return observe_and_carry_out(session, project, [&](const model::Observed& observed) {
    return plan::plan_unpause(project, observed, services);
  });
}

base::Result<bool> remove_stopped(Session& session, const model::Project& project,
                                  const plan::RemoveStoppedOptions& options, bool confirmed) {
  const model::Observed observed = TRY(observe_labelled(session.engine, project.name));
  const plan::Plan plan = TRY(plan::plan_remove_stopped(project, observed, options));
  if (plan.empty()) return false;
  for (const plan::Confirmation& confirmation : plan.confirmations) {
    if (!confirmed && !session.dry_run && !session.confirm(confirmation.question)) return true;
  }
  TRY(carry_out(plan, session));
  return true;
}

}  // namespace compose
