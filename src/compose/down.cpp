// SPDX-License-Identifier: Apache-2.0
#include "compose/down.h"

#include "compose/observe.h"
#include "compose/plan/images.h"

namespace compose {

base::Result<> down(Session& session, const model::Project& project, const plan::DownOptions& options) {
  model::Observed observed = TRY(observe_labelled(session.engine, project.name));
  if (options.images != plan::RemoveImages::No) {
    TRY(observe_images(session.engine, plan::needed_images(project, options.separator), observed));
  }
  TRY(carry_out(TRY(plan::plan_down(project, observed, options)), session));
  return {};
}

}  // namespace compose
