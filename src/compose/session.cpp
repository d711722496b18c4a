// SPDX-License-Identifier: Apache-2.0
#include "compose/session.h"

namespace compose {

base::Result<execute::Outcome> carry_out(const plan::Plan& plan, Session& session) {
  for (const base::Error& warning : plan.warnings) session.warn(warning);
  if (session.dry_run) {
    session.show_plan(plan);
    return execute::Outcome{};
  }
  if (!plan.unchanged.empty() && session.show_unchanged) session.show_unchanged(plan.unchanged);
  execute::ExecuteOptions options = session.execute_options;
  options.cancellation = session.cancellation;
  execute::Outcome outcome = TRY(execute::execute(plan, session.engine, options, session.progress));
  for (const base::Error& warning : outcome.warnings) session.warn(warning);
  return outcome;
}

}  // namespace compose
