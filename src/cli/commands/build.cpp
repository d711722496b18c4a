// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "cli/build_flags.h"
#include "cli/commands/commands.h"
#include "cli/render/bake_json.h"
#include "compose/images.h"

namespace cli {

namespace {

struct ProjectBuildFlags {
  compose::plan::BuildOptions wanted;
  std::vector<std::string> args;
  std::string builder, memory;
  bool quiet = false, check = false, print = false;
  bool compress = false, force_rm = false, no_rm = false;
};

void declare_build(OptionSet& options, ProjectBuildFlags& flags, std::string& progress) {
  compose::plan::BuildSettings& settings = flags.wanted.images.settings;
  options.list("--build-arg", flags.args, "Build-time variable", "KEY=VALUE")
      .text("--builder", flags.builder, "No effect: this program builds by itself", "NAME")
      .flag("--check", flags.check, "Only tell what is odd in the Dockerfiles")
      .text("-m,--memory", flags.memory, "No effect: steps of a build have no limit", "BYTES")
      .flag("--no-cache", settings.no_cache, "Use nothing from earlier builds")
      .flag("--print", flags.print, "Print the builds as bake JSON instead")
      .text("--provenance", settings.provenance, "Attest how the images were made", "true|false|mode=MODE")
      .flag("--pull", settings.pull, "Pull base images even if they are there")
      .flag("--push", flags.wanted.push, "Push the images once they are built")
      .flag("-q,--quiet", flags.quiet, "No progress")
      .text("--sbom", settings.sbom, "Attest what the images hold, as a scanner lists it",
            "true|false|generator=IMAGE")
      .list("--ssh", settings.ssh, "SSH agent or keys for the build", "default|ID=PATH")
      .flag("--with-dependencies", flags.wanted.with_dependencies,
            "Also services that the named ones depend on")
      .choice("--progress", progress, {"auto", "tty", "plain", "json", "quiet"}, "")
      .flag("--compress", flags.compress, "")
      .flag("--force-rm", flags.force_rm, "")
      .flag("--no-rm", flags.no_rm, "")
      .ignored_flag("--parallel");
}

void warn_of_ignored(Invocation& invocation, const ProjectBuildFlags& flags) {
  for (const auto& [given, name] : {std::pair(!flags.builder.empty(), "--builder"),
                                    {!flags.memory.empty(), "--memory"},
                                    {flags.compress, "--compress"},
                                    {flags.force_rm, "--force-rm"},
                                    {flags.no_rm, "--no-rm"}}) {
    if (given)
      invocation.warn(base::make_error(base::ErrorClass::Unsupported, fmt::format("{} has no effect", name)));
  }
}

/// 1 when there is something to tell.
base::Result<int> check_builds(Invocation& invocation, const model::Project& project,
                               const compose::plan::BuildOptions& wanted) {
  const auto told = TRY(compose::check_builds(*TRY(invocation.session()), project, wanted));
  for (const std::string& text : told) fmt::print("{}", text);
  const std::string found = told.empty() ? "no warnings found" : fmt::format("{} found", told.size());
  fmt::print("Check complete, {}.\n", found);
  return told.empty() ? 0 : 1;
}

}  // namespace

base::Result<int> run_build(Invocation& invocation) {
  ProjectBuildFlags flags;
  OptionSet options = invocation.options("[OPTIONS] [SERVICE...]", "Build or rebuild images of services");
  declare_build(options, flags, invocation.progress_wanted);
  auto services = TRY(options.parse(invocation.arguments()));
  if (!services) return 0;
  compose::plan::BuildOptions& wanted = flags.wanted;
  const model::Project& project = *TRY(invocation.load({*services, !wanted.with_dependencies}));
  wanted.services = *std::move(services);
  add_build_args(flags.args, project.environment, wanted.images.settings.args);
  wanted.images.separator = invocation.separator();
  wanted.images.version = invocation.version();
  if (!wanted.services.empty()) wanted.images.whole = invocation.load_whole();
  if (flags.print) {
    fmt::print("{}\n", encode_bake(TRY(compose::plan::plan_build(project, wanted))));
    return 0;
  }
  invocation.quiet_progress = flags.quiet;
  warn_of_ignored(invocation, flags);
  if (flags.check) return check_builds(invocation, project, wanted);
  TRY(compose::build(*TRY(invocation.session()), project, wanted));
  const bool any = std::any_of(project.services.begin(), project.services.end(),
                               [](const auto& entry) { return entry.second.build.has_value(); });
  if (!any) invocation.warn(base::make_error(base::ErrorClass::Invalid, "no service has a build section"));
  return 0;
}

}  // namespace cli
