// SPDX-License-Identifier: Apache-2.0
#include "compose/up.h"

#include "compose/images.h"
#include "compose/observe.h"
#include "compose/plan/reconcile.h"
#include "compose/refusals.h"

namespace compose {
namespace {

/// References that a plan of pulls and builds makes.
std::set<std::string> made_by(const plan::Plan& plan) {
  std::set<std::string> out;
  for (const plan::Step& step : plan.steps) out.insert(plan::object(step.call));
  return out;
}

}  // namespace

base::Result<> up(Session& session, const model::Project& project, const UpOptions& options) {
  const char separator = options.reconcile.separator;
  model::Observed observed = TRY(observe(session.engine, project, separator));
  const plan::Plan images = TRY(plan_needed_images(session.engine, project, observed, options.images));
  TRY(carry_out(images, session));

  plan::ReconcileOptions reconcile_options = options.reconcile;
  if (session.dry_run) {
    reconcile_options.pending_images = made_by(images);
  } else if (!images.empty()) {
    TRY(observe_images(session.engine, plan::needed_images(project, separator), observed));
  }
  plan::Plan plan = TRY(plan::reconcile(project, observed, reconcile_options));
  TRY(check_creations(session.engine, project, plan));
  if (!plan.confirmations.empty() && !session.dry_run) {
    for (const plan::Confirmation& confirmation : plan.confirmations) {
      if (session.confirm(confirmation.question)) reconcile_options.confirmed.insert(confirmation.id);
    }
    if (!reconcile_options.confirmed.empty()) {
      plan = TRY(plan::reconcile(project, observed, reconcile_options));
    }
  }
  TRY(carry_out(plan, session));
  return {};
}

}  // namespace compose
