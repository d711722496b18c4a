// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <algorithm>
#include <array>

namespace cli {
namespace {

constexpr std::array kCommands = {
    Command{"attach", "Connect the terminal to a running container", run_attach, FailureCode::OfError},
    Command{"build", "Build or rebuild images of services", run_build},
    Command{"builder", "Work with the build cache", run_builder},
    Command{"commit", "Make an image of a service's container", run_commit},
    Command{"config", "Check the Compose files and print them in canonical form", run_config},
    Command{"convert", "The same as config", run_config},
    Command{"create", "Create the services' containers without starting them", run_create},
    Command{"down", "Stop and remove containers and networks", run_down},
    Command{"events", "Print events of containers as they happen", run_events},
    Command{"exec", "Run a command in a running container", run_exec, FailureCode::OfError},
    Command{"export", "Write the files of a service's container as a tar", run_export},
    Command{"image", "Work with the image store", run_image},
    Command{"images", "List images of the created containers", run_images},
    Command{"kill", "Send a signal to containers", run_kill},
    Command{"login", "Log in to a registry", run_login},
    Command{"logout", "Log out of a registry", run_logout},
    Command{"logs", "Print the output of containers", run_logs},
    Command{"ls", "List projects", run_ls},
    Command{"pause", "Pause services", run_pause},
    Command{"port", "Print the public port of a port", run_port},
    Command{"ps", "List containers", run_ps},
    Command{"pull", "Pull images of services", run_pull},
    Command{"push", "Push images of services", run_push},
    Command{"restart", "Restart containers", run_restart},
    Command{"rm", "Remove stopped containers", run_rm},
    Command{"run", "Run a one-off command in a new container of a service", run_run, FailureCode::OfError},
    Command{"scale", "Set how many replicas services have", run_scale},
    Command{"start", "Start containers that exist", run_start},
    Command{"stop", "Stop containers", run_stop},
    Command{"system", "Work with everything the engine keeps", run_system},
    Command{"top", "List the processes of containers", run_top},
    Command{"unpause", "Unpause services", run_unpause},
    Command{"up", "Create and start the project", run_up},
    Command{"version", "Print the version", run_version},
    Command{"volumes", "List volumes of the project", run_volumes},
    Command{"wait", "Wait until containers stop", run_wait},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  const auto found =
      std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& c) { return c.name == name; });
  return found == kCommands.end() ? nullptr : &*found;
}

}  // namespace cli
