// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/up_flags.h"

namespace cli {

base::Result<int> run_create(Invocation& invocation) {
  UpFlags flags;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Create containers without starting them");
  declare(options, flags);
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  const model::Project& project = *TRY(invocation.load({*services, false}));
  compose::UpOptions up = TRY(make_up_options(invocation, flags, *services));
  up.reconcile.start = false;
  TRY(compose::up(*TRY(invocation.session()), project, up));
  return 0;
}

base::Result<int> run_scale(Invocation& invocation) {
  bool no_deps = false;
  OptionSet options =
      invocation.options("[OPTIONS] SERVICE=REPLICAS...", "Set how many replicas services have");
  options.flag("--no-deps", no_deps, "Leave services alone that the named ones depend on");
  const auto entries = TRY(options.parse(invocation.arguments()));
  if (!entries) return 0;
  const auto scale = TRY(parse_scale(*entries));
  if (scale.empty()) return base::fail(base::ErrorClass::Invalid, "scale needs SERVICE=REPLICAS");
  std::vector<std::string> services;
  for (const auto& [name, replicas] : scale) services.push_back(name);
  const model::Project& project = *TRY(invocation.load({services, no_deps}));
  compose::UpOptions up = TRY(make_up_options(invocation, {}, services));
  up.reconcile.scale = scale;
  TRY(compose::up(*TRY(invocation.session()), project, up));
  return 0;
}

}  // namespace cli
