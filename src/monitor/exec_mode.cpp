// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "base/byte_codec.h"
#include "monitor/modes.h"
#include "runtime/container/monitor_protocol.h"
#include "runtime/container/process.h"
#include "sys/event_loop.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/stream_io.h"

namespace monitor {
namespace {

using runtime::container::StartedProcess;

struct ExecOrder {
  runtime::container::ExecPlan plan;
  std::int64_t container_pid = 0;
  bool detached = false;
};

base::Result<ExecOrder> read_order() {
  const sys::UniqueFd file(runtime::container::kPlanDescriptor);
  const std::string bytes = TRY(sys::read_all(file.value(), "the exec plan"));
  base::ByteReader in(bytes);
  ExecOrder order;
  order.plan = TRY(runtime::container::decode_exec_plan(in.view()));
  in.number(order.container_pid);
  order.detached = in.boolean();
  TRY(in.finish("the exec plan"));
  return order;
}

/// Waits for the process; a starter that goes away takes it along, unless it is detached.
base::Result<int> wait_for_end(const StartedProcess& process, const StarterReport& report, bool detached) {
  sys::Waiting waiting[] = {{process.pidfd.value(), sys::kReadable}, {detached ? -1 : report.fd(), 0}};
  while (true) {
    TRY(sys::wait_ready(waiting, std::chrono::milliseconds(-1)));
    if (waiting[0].ready != 0) return TRY(sys::wait_pidfd(process.pidfd.value())).code;
    if (waiting[1].ready != 0) {
      (void)sys::signal_pidfd(process.pidfd.value(), SIGKILL);  // ended already: seen in the next turn
      waiting[1].fd = -1;
    }
  }
}

}  // namespace

base::Result<> execute_in_container(StarterReport& report) {
  const ExecOrder order = TRY(read_order());
  auto container = sys::open_pidfd(static_cast<pid_t>(order.container_pid));
  if (!container) return base::fail(base::ErrorClass::Conflict, "the container has just ended");
  StartedProcess process;
  {
    // Only the process itself may keep the streams open: their end is the user's end of file.
    const sys::UniqueFd in(0), out(1), err(2);
    process = TRY(runtime::container::exec_process(order.plan, container->value(), {0, 1, 2}));
  }
  report.executed(process.pid, process.console.value());
  process.console.reset();
  if (order.detached) report.close();
  const int code = TRY(wait_for_end(process, report, order.detached));
  report.ended(code, false);
  return {};
}

}  // namespace monitor
