// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace cli {

/// What a failed command exits with: always 1 (130 when interrupted), or what the error says, as when it
/// stands for a container's process that could not be run (126, 127).
enum class FailureCode { One, OfError };

/// A subcommand; its function gives the exit code.
struct Command {
  std::string_view name, summary;
  base::Result<int> (*run)(Invocation&);
  FailureCode failure_code = FailureCode::One;
};
/// Sorted by name.
std::span<const Command> commands();
const Command* find_command(std::string_view name);

// Each takes its arguments from the invocation, does the command and gives the exit code. What a command
// does is its summary in commands.cpp; its errors are those of the use case in src/compose.
base::Result<int> run_attach(Invocation&);   ///< `attach`
base::Result<int> run_build(Invocation&);    ///< `build`
base::Result<int> run_builder(Invocation&);  ///< `builder`
base::Result<int> run_commit(Invocation&);   ///< `commit`
base::Result<int> run_config(Invocation&);   ///< `config`
base::Result<int> run_create(Invocation&);   ///< `create`
base::Result<int> run_down(Invocation&);     ///< `down`
base::Result<int> run_events(Invocation&);   ///< `events`
base::Result<int> run_exec(Invocation&);     ///< `exec`
base::Result<int> run_export(Invocation&);   ///< `export`
base::Result<int> run_image(Invocation&);    ///< `image`
base::Result<int> run_images(Invocation&);   ///< `images`
base::Result<int> run_kill(Invocation&);     ///< `kill`
base::Result<int> run_login(Invocation&);    ///< `login`
base::Result<int> run_logout(Invocation&);   ///< `logout`
base::Result<int> run_logs(Invocation&);     ///< `logs`
base::Result<int> run_ls(Invocation&);       ///< `ls`
base::Result<int> run_pause(Invocation&);    ///< `pause`
base::Result<int> run_port(Invocation&);     ///< `port`
base::Result<int> run_ps(Invocation&);       ///< `ps`
base::Result<int> run_pull(Invocation&);     ///< `pull`
base::Result<int> run_push(Invocation&);     ///< `push`
base::Result<int> run_restart(Invocation&);  ///< `restart`
base::Result<int> run_rm(Invocation&);       ///< `rm`
base::Result<int> run_run(Invocation&);      ///< `run`
base::Result<int> run_scale(Invocation&);    ///< `scale`
base::Result<int> run_start(Invocation&);    ///< `start`
base::Result<int> run_stop(Invocation&);     ///< `stop`
base::Result<int> run_system(Invocation&);   ///< `system`
base::Result<int> run_top(Invocation&);      ///< `top`
base::Result<int> run_unpause(Invocation&);  ///< `unpause`
base::Result<int> run_up(Invocation&);       ///< `up`
base::Result<int> run_version(Invocation&);  ///< `version`
base::Result<int> run_volumes(Invocation&);  ///< `volumes`
base::Result<int> run_wait(Invocation&);     ///< `wait`

}  // namespace cli
