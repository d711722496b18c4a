// SPDX-License-Identifier: Apache-2.0
#include "compose/images.h"

#include "compose/observe.h"

namespace compose {

base::Result<> build(Session& session, const model::Project& project, const plan::BuildOptions& options) {
  TRY(carry_out(TRY(plan::plan_build(project, options)), session));
  return {};
}

base::Result<> pull(Session& session, const model::Project& project, const plan::PullPlanOptions& options) {
  model::Observed observed;
  TRY(observe_images(session.engine, plan::needed_images(project, options.separator), observed));
  TRY(carry_out(TRY(plan::plan_pull(project, observed, options)), session));
  return {};
}

base::Result<> push(Session& session, const model::Project& project, const plan::PullPlanOptions& options) {
  TRY(carry_out(TRY(plan::plan_push(project, options)), session));
  return {};
}

}  // namespace compose
