// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/run_client.h"

#include <array>
#include <optional>

#include "base/byte_codec.h"
#include "runtime/container/monitor_program.h"
#include "sys/event_loop.h"
#include "sys/pidfd.h"
#include "sys/stream_io.h"

namespace runtime::container {
namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr std::size_t kPipeSize = 256 * 1024;

/// Passes on what is there now; closes the source at its end.
void copy_output(sys::UniqueFd& source, std::vector<char>& buffer, const RunOutput& output) {
  while (source.valid()) {
    const sys::Transfer got = sys::try_read(source.value(), buffer);
    if (got.state == sys::Transfer::State::WouldBlock) return;
    if (got.state != sys::Transfer::State::Moved) return source.reset();
    output(std::string_view(buffer.data(), got.size));
  }
}

base::Result<RunOutcome> pump(int report, sys::UniqueFd source, const RunOutput& output,
                              const base::Cancellation& cancellation) {
  std::vector<char> buffer(64 * 1024);
  while (!cancellation.requested()) {
    std::array<sys::Waiting, 2> waiting{sys::Waiting{report, sys::kReadable},
                                        sys::Waiting{source.value(), sys::kReadable}};
    TRY(sys::wait_ready(waiting, kTick));
    copy_output(source, buffer, output);
    if (waiting[0].ready == 0) continue;
    const EndReport end = TRY(read_end_report(report));
    copy_output(source, buffer, output);
    return RunOutcome{end.exit_code, end.oom_killed};
  }
  return base::fail(base::ErrorClass::Cancelled, "the process was cancelled");
}

}  // namespace

base::Result<RunOutcome> run_to_end(const RunRequest& request, const RunOutput& output,
                                    const base::Cancellation& cancellation) {
  base::ByteWriter plan;
  plan.text(request.launch_plan);
  plan.text(request.network_plan);
  auto [source, source_end] = TRY(sys::make_pipe(kPipeSize));
  MonitorLaunch launch;
  launch.mode = "run";
  launch.plan = plan.take();
  launch.out = launch.err = source_end.value();
  launch.further = request.descriptors;
  LaunchedMonitor monitor = TRY(launch_monitor(launch));
  source_end.reset();
  TRY(sys::set_nonblocking(source.value()));
  auto outcome = [&]() -> base::Result<RunOutcome> {
    TRY(read_start_report(monitor.report.value()));
    return pump(monitor.report.value(), std::move(source), output, cancellation);
  }();
  // Without its report socket the launching process ends what it started, takes everything away, and ends.
  monitor.report.reset();
  TRY(sys::wait_pidfd(monitor.process.pidfd.value()));
  return outcome;
}

}  // namespace runtime::container
