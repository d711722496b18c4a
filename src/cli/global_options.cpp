// SPDX-License-Identifier: Apache-2.0
#include "cli/global_options.h"

namespace cli {

void declare(OptionSet& options, GlobalOptions& out) {
  options.list("-f,--file", out.files, "Compose files, in the order in which they are merged", "path")
      .text("-p,--project-name", out.project_name, "Project name")
      .text("--project-directory", out.project_directory,
            "Base of relative paths (default: of the first file)")
      .list("--profile", out.profiles, "Profiles to enable")
      .list("--env-file", out.env_files, "Files with variables for interpolation", "path")
      .choice("--ansi", out.ansi, {"never", "always", "auto"}, "Whether to print control characters")
      .choice("--progress", out.progress, {"auto", "tty", "plain", "json", "quiet"}, "How progress is shown")
      .number("--parallel", out.parallel, "Most calls of the engine at a time, -1 for as many as there are")
      .flag("--compatibility", out.compatibility, "Names with underscores")
      .flag("--all-resources", out.all_resources, "Also networks and volumes that no service uses")
      .flag("--dry-run", out.dry_run, "Print the plan instead of executing it")
      .choice("--engine", out.engine, {"bundled", "docker"}, "Who runs the containers")
      .text("-H,--host", out.host, "Socket of a Docker engine", "url")
      .text("--data-root", out.data_root, "Where images, volumes and containers are kept", "path")
      .text("--run-root", out.run_root, "Where what is running is recorded", "path")
      .flag("-v,--version", out.version, "Print the version")
      .ignored_flag("--verbose")
      .ignored_flag("--no-ansi")
      .ignored_text("--workdir")
      .ignored_text("--insecure-registry");
}

}  // namespace cli
