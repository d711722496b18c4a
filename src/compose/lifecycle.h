// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "compose/plan/lifecycle.h"
#include "compose/session.h"
#include "model/project.h"

namespace compose {

// Commands on containers that are there. Each observes, plans and carries out; see compose/plan/lifecycle.h
// for what each does.
base::Result<> start(Session& session, const model::Project& project, const plan::LifecycleOptions& options);
base::Result<> stop(Session& session, const model::Project& project, const plan::LifecycleOptions& options);
base::Result<> restart(Session& session, const model::Project& project, const plan::LifecycleOptions& options);
base::Result<> kill(Session& session, const model::Project& project, const std::vector<std::string>& services,
                    const std::string& signal, bool remove_orphans);
base::Result<> pause(Session& session, const model::Project& project, const std::vector<std::string>& services);
base::Result<> unpause(Session& session, const model::Project& project,
                       const std::vector<std::string>& services);
/// Asks before it removes, unless `confirmed`. False: there was nothing to remove.
base::Result<bool> remove_stopped(Session& session, const model::Project& project,
                                  const plan::RemoveStoppedOptions& options, bool confirmed);

}  // namespace compose
