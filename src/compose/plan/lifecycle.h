// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "compose/plan/options.h"
#include "compose/plan/plan.h"
#include "model/observed.h"
#include "model/project.h"

namespace compose::plan {

/// A stand-in for the project of containers that are there, when there is no Compose file: services and
/// their dependencies from the labels. NotFound: nothing carries the project's label.
base::Result<model::Project> project_from_labels(const std::string& name, const model::Observed& observed);

enum class RemoveImages { No, Local, All };  ///< --rmi
struct DownOptions {
  std::vector<std::string> services;  ///< Empty: everything. What depends on a named one goes, too.
  bool volumes = false;               ///< -v: declared and anonymous ones.
  bool remove_orphans = false;
  RemoveImages images = RemoveImages::No;
  std::optional<base::Duration> timeout;
  NameSeparator separator = '-';
};
/// Containers in reverse order of dependency, then networks, then volumes and images. What is external, or
/// still used by a container that stays, is left. Goes on after a failure.
base::Result<Plan> plan_down(const model::Project& project, const model::Observed& observed,
                             const DownOptions& options);

struct LifecycleOptions {
  std::vector<std::string> services;  ///< Empty: all.
  std::optional<base::Duration> timeout;
  bool no_dependencies = false;  ///< Neither dependents (restart) nor dependencies (start).
  bool wait = false;             ///< start --wait
  std::optional<base::Duration> wait_timeout;
};
/// Running containers, dependents first.
base::Result<Plan> plan_stop(const model::Project& project, const model::Observed& observed,
                             const LifecycleOptions& options);
/// Containers that do not run, with what they depend on, dependencies first. NotFound: a service has none.
base::Result<Plan> plan_start(const model::Project& project, const model::Observed& observed,
                              const LifecycleOptions& options);
/// Stop and start; with the dependents that ask for it (`restart: true`).
base::Result<Plan> plan_restart(const model::Project& project, const model::Observed& observed,
                                const LifecycleOptions& options);
base::Result<Plan> plan_kill(const model::Project& project, const model::Observed& observed,
                             const std::vector<std::string>& services, const std::string& signal,
                             bool remove_orphans);
base::Result<Plan> plan_pause(const model::Project& project, const model::Observed& observed,
                              const std::vector<std::string>& services);
base::Result<Plan> plan_unpause(const model::Project& project, const model::Observed& observed,
                                const std::vector<std::string>& services);

struct RemoveStoppedOptions {
  std::vector<std::string> services;
  bool stop = false;     ///< -s: stop them first.
  bool volumes = false;  ///< -v: anonymous ones.
};
/// `rm`: stopped containers. Asks for confirmation ("rm") unless `confirmed`.
base::Result<Plan> plan_remove_stopped(const model::Project& project, const model::Observed& observed,
                                       const RemoveStoppedOptions& options);

}  // namespace compose::plan
