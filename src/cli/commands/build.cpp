// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/commands/commands.h"
#include "compose/images.h"

namespace cli {

base::Result<int> run_build(Invocation& invocation) {
  compose::plan::BuildOptions wanted;
  std::vector<std::string> args;
  bool quiet = false;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Build or rebuild images of services");
  options.list("--build-arg", args, "Build-time variable", "KEY=VALUE")
      .flag("--no-cache", wanted.images.settings.no_cache, "Use nothing from earlier builds")
      .flag("--pull", wanted.images.settings.pull, "Pull base images even if they are there")
      .flag("--push", wanted.push, "Push the images once they are built")
      .flag("-q,--quiet", quiet, "No progress")
      .list("--ssh", wanted.images.settings.ssh, "SSH agent or keys for the build")
      .flag("--with-dependencies", wanted.with_dependencies, "Also services that the named ones depend on")
      .ignored_text("--builder")
      .ignored_text("-m,--memory")
      .ignored_flag("--compress")
      .ignored_flag("--force-rm")
      .ignored_flag("--no-rm")
      .ignored_flag("--parallel");
  auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  const model::Project& project = *TRY(invocation.load({*services, !wanted.with_dependencies}));
  wanted.services = *std::move(services);
  for (const std::string& entry : args) {
    const auto equals = entry.find('=');
    if (equals != std::string::npos) {
      wanted.images.settings.args.insert_or_assign(entry.substr(0, equals), entry.substr(equals + 1));
    } else if (const auto found = project.environment.find(entry); found != project.environment.end()) {
      wanted.images.settings.args.insert_or_assign(entry, found->second);
    }
  }
  wanted.images.separator = invocation.separator();
  wanted.images.version = invocation.version();
  if (!wanted.services.empty()) wanted.images.whole = invocation.load_whole();
  invocation.quiet_progress = quiet;
  TRY(compose::build(*TRY(invocation.session()), project, wanted));
  const bool any = std::any_of(project.services.begin(), project.services.end(),
                               [](const auto& entry) { return entry.second.build.has_value(); });
  if (!any) invocation.warn(base::make_error(base::ErrorClass::Invalid, "no service has a build section"));
  return 0;
}

}  // namespace cli
