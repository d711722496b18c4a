// SPDX-License-Identifier: Apache-2.0
#include "compose/down.h"

#include "cli/commands/commands.h"

namespace cli {

base::Result<int> run_down(Invocation& invocation) {
  compose::plan::DownOptions down;
  std::string images;
  OptionSet options = invocation.options("[OPTIONS] [SERVICES]", "Stop and remove containers and networks");
  options.flag("-v,--volumes", down.volumes, "Also remove declared and anonymous volumes")
      .choice("--rmi", images, {"local", "all"},
              "Also remove images of services: without a name of their own, or all")
      .seconds("-t,--timeout", down.timeout, "Seconds until a container that does not stop is killed")
      .flag("--remove-orphans", down.remove_orphans,
            "Remove containers of services that are no longer there");
  auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  down.services = *std::move(services);
  if (!images.empty()) {
    down.images = images == "all" ? compose::plan::RemoveImages::All : compose::plan::RemoveImages::Local;
  }
  down.separator = invocation.separator();
  if (invocation.is_on("COMPOSE_REMOVE_ORPHANS")) down.remove_orphans = true;
  auto project = invocation.load_or_observe();
  // A project that is gone already is down.
  if (!project && project.error().error_class == base::ErrorClass::NotFound &&
      !invocation.global().project_name.empty() && invocation.global().files.empty()) {
    invocation.warn(std::move(project).error());
    return 0;
  }
  TRY(compose::down(*TRY(invocation.session()), *TRY(project), down));
  return 0;
}

}  // namespace cli
