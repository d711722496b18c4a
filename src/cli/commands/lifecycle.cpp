// SPDX-License-Identifier: Apache-2.0
#include "compose/lifecycle.h"

#include <fmt/format.h>

#include "cli/commands/commands.h"

namespace cli {
namespace {

using compose::plan::LifecycleOptions;

constexpr const char* kTimeoutHelp = "Seconds until a container that does not stop is killed";

}  // namespace

base::Result<int> run_start(Invocation& invocation) {
  LifecycleOptions wanted;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Start containers that exist");
  options.flag("--wait", wanted.wait, "Wait until services are running or healthy")
      .seconds("--wait-timeout", wanted.wait_timeout, "Longest wait, in seconds");
  auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  wanted.services = *std::move(services);
  const model::Project& project = *TRY(invocation.load_or_observe());
  TRY(compose::start(*TRY(invocation.session()), project, wanted));
  return 0;
}

base::Result<int> run_stop(Invocation& invocation) {
  LifecycleOptions wanted;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Stop containers without removing them");
  options.seconds("-t,--timeout", wanted.timeout, kTimeoutHelp);
  auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  wanted.services = *std::move(services);
  const model::Project& project = *TRY(invocation.load_or_observe());
  TRY(compose::stop(*TRY(invocation.session()), project, wanted));
  return 0;
}

base::Result<int> run_restart(Invocation& invocation) {
  LifecycleOptions wanted;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Restart containers");
  options.seconds("-t,--timeout", wanted.timeout, kTimeoutHelp)
      .flag("--no-deps", wanted.no_dependencies, "Leave services alone that depend on the named ones");
  auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  wanted.services = *std::move(services);
  const model::Project& project = *TRY(invocation.load_or_observe());
  TRY(compose::restart(*TRY(invocation.session()), project, wanted));
  return 0;
}

base::Result<int> run_kill(Invocation& invocation) {
  std::string signal = "SIGKILL";
  bool remove_orphans = false;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Send a signal to containers");
  options.text("-s,--signal", signal, "Which signal")
      .flag("--remove-orphans", remove_orphans, "Also containers of services that are no longer there");
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  const model::Project& project = *TRY(invocation.load_or_observe());
  TRY(compose::kill(*TRY(invocation.session()), project, *services, signal, remove_orphans));
  return 0;
}

base::Result<int> run_pause(Invocation& invocation) {
  OptionSet options = invocation.options("[SERVICE...]", "Pause services");
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  const model::Project& project = *TRY(invocation.load_or_observe());
  TRY(compose::pause(*TRY(invocation.session()), project, *services));
  return 0;
}

base::Result<int> run_unpause(Invocation& invocation) {
  OptionSet options = invocation.options("[SERVICE...]", "Unpause services");
  const auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  const model::Project& project = *TRY(invocation.load_or_observe());
  TRY(compose::unpause(*TRY(invocation.session()), project, *services));
  return 0;
}

base::Result<int> run_rm(Invocation& invocation) {
  compose::plan::RemoveStoppedOptions wanted;
  bool force = false;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Remove stopped containers");
  options.flag("-f,--force", force, "Do not ask")
      .flag("-s,--stop", wanted.stop, "Stop them first")
      .flag("-v,--volumes", wanted.volumes, "Also remove their anonymous volumes")
      .ignored_flag("-a,--all");
  auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  wanted.services = *std::move(services);
  const model::Project& project = *TRY(invocation.load_or_observe());
  if (!TRY(compose::remove_stopped(*TRY(invocation.session()), project, wanted, force))) {
    fmt::print(stderr, "No stopped containers\n");
  }
  return 0;
}

}  // namespace cli
