// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/monitor_program.h"

#include <atomic>
#include <memory>
#include <span>

#include "base/byte_codec.h"
#include "runtime/container/monitor_protocol.h"
#include "runtime/container/run_client.h"
#include "sys/file.h"
#include "sys/sealed_file.h"
#include "sys/spawn.h"
#include "sys/unix_socket.h"

extern "C" {
extern const char compose_monitor_program[];
extern const unsigned long compose_monitor_program_size;
}

namespace runtime::container {
namespace {

constexpr std::size_t kMaxReport = 128 * 1024;

std::atomic<std::int64_t> running_monitor{0};

base::Result<sys::UniqueFd> open_program() {
  const std::string_view program(compose_monitor_program, compose_monitor_program_size);
  if (running_monitor != 0) {
    auto found = sys::find_sealed_file(static_cast<pid_t>(running_monitor), program);
    if (found) return *std::move(found);
  }
  return sys::make_sealed_file("compose-monitor", program);
}

/// One for the whole process, opened when it is first needed.
base::Result<int> program_file() {
  static const base::Result<sys::UniqueFd> file = open_program();
  if (!file) return base::fail(file.error());
  return file->value();
}

struct Report {
  std::string bytes;
  sys::UniqueFd fd;
};

base::Result<Report> receive_report(int report) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kMaxReport);
  auto received = TRY(sys::receive_message(report, std::span(buffer.get(), kMaxReport)));
  if (!received || received->size == 0) {
    return base::fail(base::ErrorClass::Internal, "the container's monitor ended without a report");
  }
  Report out{std::string(buffer.get(), received->size), {}};
  if (!received->fds.empty()) out.fd = std::move(received->fds.front());
  return out;
}

/// Takes the kind off; the Error that a Failed report carries.
base::Result<base::ByteReader> expect(const Report& report, ReportKind wanted) {
  base::ByteReader in(report.bytes);
  const auto kind = in.number<ReportKind>();
  if (kind == ReportKind::Failed) return base::fail(base::decode_error(in.view()));
  if (kind != wanted) {
    return base::fail(base::ErrorClass::Internal, "the container's monitor sent an unexpected report");
  }
  return in;
}

}  // namespace

void share_program_of(std::int64_t monitor) { running_monitor = monitor; }

base::Result<LaunchedMonitor> launch_monitor(const MonitorLaunch& launch) {
  const int program = TRY(program_file());
  const sys::UniqueFd plan = TRY(sys::make_memory_file("plan", launch.plan));
  auto [ours, theirs] = TRY(sys::message_socket_pair());
  sys::SpawnRequest request;
  request.program = program;
  request.arguments = {"compose-monitor", launch.mode};
  request.descriptors = {launch.in, launch.out, launch.err, theirs.value(), plan.value()};
  static_assert(kReportDescriptor == 3 && kPlanDescriptor == 4 && kFirstRunDescriptor == 5);
  request.descriptors.insert(request.descriptors.end(), launch.further.begin(), launch.further.end());
  request.parentage = launch.parentage;
  LaunchedMonitor launched;
  launched.process = TRY_WHILE(sys::spawn(request), "starting the container's monitor");
  launched.report = std::move(ours);
  return launched;
}

base::Result<MonitorReport> read_start_report(int report) {
  Report received = TRY(receive_report(report));
  base::ByteReader in = TRY(expect(received, ReportKind::Started));
  MonitorReport started;
  in.number(started.pid);
  const bool in_file = in.boolean();
  started.network_state = in.text();
  TRY(in.finish("the monitor's report"));
  if (in_file) {
    started.network_state = TRY(sys::read_all(received.fd.value(), "the network's state"));
  } else {
    started.console = std::move(received.fd);
  }
  return started;
}

base::Result<EndReport> read_end_report(int report) {
  const Report received = TRY(receive_report(report));
  base::ByteReader in = TRY(expect(received, ReportKind::Ended));
  EndReport end;
  end.exit_code = in.number<std::int32_t>();
  end.oom_killed = in.boolean();
  TRY(in.finish("the monitor's report"));
  return end;
}

}  // namespace runtime::container
