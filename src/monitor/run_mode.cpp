// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <optional>

#include "base/byte_codec.h"
#include "monitor/container_network.h"
#include "monitor/modes.h"
#include "runtime/container/monitor_protocol.h"
#include "runtime/container/process.h"
#include "sys/cgroup.h"
#include "sys/event_loop.h"
#include "sys/file.h"
#include "sys/pidfd.h"

namespace monitor {
namespace {

struct RunOrder {
  runtime::container::LaunchPlan launch;
  std::string network_plan;
};

base::Result<RunOrder> read_order() {
  const sys::UniqueFd file(runtime::container::kPlanDescriptor);
  const std::string bytes = TRY(sys::read_all(file.value(), "the run plan"));
  base::ByteReader in(bytes);
  RunOrder order;
  order.launch = TRY(runtime::container::decode_launch_plan(in.view()));
  order.network_plan = in.text();
  TRY(in.finish("the run plan"));
  return order;
}

base::Result<runtime::container::StartedProcess> start(const RunOrder& order) {
  // Only the process itself may keep the streams open: their end is the caller's end of file.
  const sys::UniqueFd in(0), out(1), err(2);
  return runtime::container::start_process(order.launch, {0, 1, 2});
}

/// Serves the network until the process has ended; a starter that goes away takes it along.
base::Result<int> wait_for_end(sys::EventLoop& loop, int process, const StarterReport& report) {
  bool ended = false;
  TRY(loop.add(process, sys::kReadable, [&ended](std::uint32_t) { ended = true; }));
  TRY(loop.add(report.fd(), 0, [&](std::uint32_t) {
    loop.remove(report.fd());
    (void)sys::signal_pidfd(process, SIGKILL);  // ended already: seen next
  }));
  while (!ended) TRY(loop.run_once());
  loop.remove(process);
  loop.remove(report.fd());
  return TRY(sys::wait_pidfd(process)).code;
}

}  // namespace

base::Result<> run_to_end(StarterReport& report) {
  const RunOrder order = TRY(read_order());
  auto loop = TRY(sys::EventLoop::create());
  ContainerNetwork network = TRY(ContainerNetwork::set_up(order.network_plan, loop));
  const auto process = TRY(start(order));
  report.started(process.pid, network.state());
  const auto code = wait_for_end(loop, process.pidfd.value(), report);
  const bool oom_killed = sys::count_oom_kills(order.launch.cgroup).value_or(0) > 0;
  if (order.launch.pid.mode != runtime::container::NamespaceMode::New)
    TRY(sys::kill_cgroup(order.launch.cgroup));
  TRY(sys::remove_cgroup(order.launch.cgroup));
  TRY(network.remove());
  report.ended(TRY(code), oom_killed);
  return {};
}

}  // namespace monitor
