// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "compose/plan/names.h"

namespace compose::plan {

/// When a container that exists is made anew.
enum class Recreate {
  Diverged,  ///< When what it should be differs from what it is.
  Force,
  Never,
};

/// Which attributes of a service the engine can do.
enum class EngineKind { Bundled, Docker };

struct ReconcileOptions {
  std::set<std::string> targets;                        ///< Services named by the user; empty: all are.
  Recreate recreate = Recreate::Diverged;               ///< Of the targets.
  Recreate recreate_dependencies = Recreate::Diverged;  ///< Of what only the targets need.
  std::map<std::string, int> scale;                     ///< --scale, over the services' own.
  bool start = true;                                    ///< false: `create`, `up --no-start`.
  bool remove_orphans = false, ignore_orphans = false;
  bool renew_anonymous_volumes = false;   ///< -V: do not carry them over to the new container.
  std::optional<base::Duration> timeout;  ///< -t: for containers that are stopped.
  bool wait = false;                      ///< --wait
  std::optional<base::Duration> wait_timeout;
  /// --no-deps: what is not in the project is not waited for.
  bool no_dependencies = false;
  std::set<std::string> confirmed;  ///< IDs of confirmations that were answered with yes.
  bool confirm_all = false;         ///< -y
  /// Images that an earlier plan will have pulled or built: they may be missing (--dry-run).
  std::set<std::string> pending_images;
  NameSeparator separator = '-';
  EngineKind engine = EngineKind::Bundled;
  std::string version;  ///< Of this program, for the label.
};

}  // namespace compose::plan
