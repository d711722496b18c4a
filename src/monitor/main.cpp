// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "monitor/modes.h"
#include "runtime/container/monitor_protocol.h"
#include "sys/process_settings.h"
#include "sys/spawn.h"
#include "sys/stream_io.h"

namespace {

base::Result<> run_mode(std::string_view mode, monitor::StarterReport& report) {
  if (mode == "monitor") return monitor::supervise_container(report);
  if (mode == "exec") return monitor::execute_in_container(report);
  if (mode == "run") return monitor::run_to_end(report);
  return base::fail(base::ErrorClass::Internal, "compose-monitor is started by compose only");
}

}  // namespace

int main(int argc, char** argv) {
  sys::set_process_name("compose-monitor");
  sys::hide_process();
  sys::ignore_broken_pipes();
  sys::close_on_exec_from(runtime::container::kReportDescriptor);
  monitor::StarterReport report;
  if (const auto done = run_mode(argc > 1 ? argv[1] : "", report); !done) {
    report.failed(done.error());
    return 1;
  }
  return 0;
}
