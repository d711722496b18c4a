// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "compose/plan/lifecycle.h"
#include "compose/session.h"
#include "model/project.h"

namespace compose {

// Commands on containers that are there. Each observes, plans and carries out.

/// plan::plan_start()
base::Result<> start(Session& session, const model::Project& project, const plan::LifecycleOptions& options);
/// plan::plan_stop()
base::Result<> stop(Session& session, const model::Project& project, const plan::LifecycleOptions& options);
/// plan::plan_restart()
base::Result<> restart(Session& session, const model::Project& project,
                       const plan::LifecycleOptions& options);
/// plan::plan_kill()
base::Result<> kill(Session& session, const model::Project& project, const std::vector<std::string>& services,
                    const std::string& signal, bool remove_orphans);
/// plan::plan_pause()
base::Result<> pause(Session& session, const model::Project& project,
                     const std::vector<std::string>& services);
/// plan::plan_unpause()
base::Result<> unpause(Session& session, const model::Project& project,
                       const std::vector<std::string>& services);
/// Asks before it removes, unless `confirmed`. False: there was nothing to remove.
base::Result<bool> remove_stopped(Session& session, const model::Project& project,
                                  const plan::RemoveStoppedOptions& options, bool confirmed);

}  // namespace compose
