// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace cli {

/// A subcommand; its function gives the exit code.
struct Command {
  std::string_view name, summary;
  base::Result<int> (*run)(Invocation&);
};
/// Sorted by name.
std::span<const Command> commands();
const Command* find_command(std::string_view name);

base::Result<int> run_build(Invocation&);
base::Result<int> run_config(Invocation&);
base::Result<int> run_create(Invocation&);
base::Result<int> run_down(Invocation&);
base::Result<int> run_events(Invocation&);
base::Result<int> run_exec(Invocation&);
base::Result<int> run_image(Invocation&);
base::Result<int> run_images(Invocation&);
base::Result<int> run_kill(Invocation&);
base::Result<int> run_logs(Invocation&);
base::Result<int> run_ls(Invocation&);
base::Result<int> run_pause(Invocation&);
base::Result<int> run_port(Invocation&);
base::Result<int> run_ps(Invocation&);
base::Result<int> run_pull(Invocation&);
base::Result<int> run_push(Invocation&);
base::Result<int> run_restart(Invocation&);
base::Result<int> run_rm(Invocation&);
base::Result<int> run_run(Invocation&);
base::Result<int> run_scale(Invocation&);
base::Result<int> run_start(Invocation&);
base::Result<int> run_stop(Invocation&);
base::Result<int> run_unpause(Invocation&);
base::Result<int> run_up(Invocation&);
base::Result<int> run_version(Invocation&);
base::Result<int> run_volumes(Invocation&);
base::Result<int> run_wait(Invocation&);

}  // namespace cli
