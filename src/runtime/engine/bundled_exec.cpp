// SPDX-License-Identifier: Apache-2.0
#include "runtime/engine/bundled_exec.h"

#include <fmt/format.h>

#include "runtime/container/exec_client.h"
#include "runtime/container/make_launch_plan.h"
#include "runtime/container/status_record.h"
#include "runtime/engine/container_start.h"

namespace runtime::engine {

base::Result<int> BundledExec::run(const std::string& container, const engine_client::ExecSpec& spec,
                                   const engine_client::TerminalStreams& streams,
                                   const base::Cancellation& cancellation) {
  const ContainerRecord record = TRY(stores_.containers->find(container));
  const auto status = TRY(container::read_status(stores_.roots.run, record.id));
  if (!status || status->status != model::ContainerStatus::Running) {
    return base::fail(base::ErrorClass::Conflict,
                      fmt::format("container {} is not running", record.spec.name));
  }
  const container::LaunchPlan launch = TRY(read_launch_plan(stores_.roots, record.id));
  const container::ExecRequestSpec request{.arguments = spec.command,
                                           .environment = spec.environment,
                                           .working_directory = spec.working_dir,
                                           .user = spec.user,
                                           .terminal = spec.tty,
                                           .privileged = spec.privileged,
                                           .rows = streams.rows,
                                           .columns = streams.columns};
  const container::ExecRequest exec{
      .run_root = stores_.roots.run,
      .container_id = record.id,
      .exec_plan = container::encode(container::make_exec_plan(launch, request)),
      .tty = spec.tty,
      .rows = streams.rows,
      .columns = streams.columns,
      .mode = spec.detach ? container::ExecMode::Detached : container::ExecMode::Attached};
  const container::ProcessStreams ends{.standard_input = streams.standard_input,
                                       .standard_output = streams.standard_output,
                                       .standard_error = streams.standard_error,
                                       .detach_keys = streams.detach_keys,
                                       .follow_size = streams.tty};
  return container::run_exec(exec, ends, cancellation);
}

}  // namespace runtime::engine
