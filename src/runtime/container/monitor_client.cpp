// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/monitor_client.h"

#include <fmt/format.h>

#include "base/byte_codec.h"
#include "runtime/container/control_connection.h"
#include "runtime/container/monitor_program.h"
#include "sys/event_loop.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/stream_io.h"

namespace runtime::container {
namespace {

constexpr std::chrono::milliseconds kCancellationTick{100};

bool has_ended(const StatusRecord& status) {
  using model::ContainerStatus;
  return status.status == ContainerStatus::Exited || status.status == ContainerStatus::Dead ||
         (status.status == ContainerStatus::Created && status.monitor_pid == 0);
}

base::Result<> request_once(const std::string& run_root, const std::string& container_id, ControlKind kind,
                            std::string_view payload) {
  auto connection = TRY(ControlConnection::open(run_root, container_id));
  return connection.request(kind, payload);
}

}  // namespace

base::Result<RunningState> start_monitor(const MonitorPlan& plan) {
  TRY(sys::make_directories(plan.run_root + "/status", 0700));
  TRY(sys::make_directories(fmt::format("{}/containers/{}", plan.run_root, plan.container_id), 0700));
  MonitorLaunch launch;
  launch.mode = "monitor";
  launch.plan = encode(plan);
  launch.parentage = sys::Parentage::Detached;
  const LaunchedMonitor launched = TRY(launch_monitor(launch));
  MonitorReport report = TRY(read_start_report(launched.report.value()));
  return RunningState{report.pid, launched.process.pid, std::move(report.network_state)};
}

base::Result<> stop_container(const std::string& run_root, const std::string& container_id,
                              std::optional<base::Duration> timeout) {
  auto connection = ControlConnection::open(run_root, container_id);
  if (!connection) {
    if (connection.error().error_class == base::ErrorClass::Conflict) return {};
    return base::fail(std::move(connection).error());
  }
  base::ByteWriter out;
  out.number(timeout ? static_cast<std::int64_t>(timeout->count()) : kDefaultGrace);
  auto stopped = connection->request(ControlKind::Stop, out.take());
  if (stopped) return {};
  // It may have ended by itself just before it read the request, or its monitor was killed.
  const auto status = TRY(read_status(run_root, container_id));
  if (!status || has_ended(*status)) return {};
  return stopped;
}

base::Result<> kill_container(const std::string& run_root, const std::string& container_id, int signal) {
  base::ByteWriter out;
  out.number(static_cast<std::int32_t>(signal));
  return request_once(run_root, container_id, ControlKind::Kill, out.take());
}

base::Result<> pause_container(const std::string& run_root, const std::string& container_id) {
  return request_once(run_root, container_id, ControlKind::Pause, {});
}

base::Result<> unpause_container(const std::string& run_root, const std::string& container_id) {
  return request_once(run_root, container_id, ControlKind::Unpause, {});
}

base::Result<> resize_container(const std::string& run_root, const std::string& container_id,
                                std::uint16_t rows, std::uint16_t columns) {
  base::ByteWriter out;
  out.number(rows);
  out.number(columns);
  return request_once(run_root, container_id, ControlKind::Resize, out.take());
}

base::Result<StatusRecord> wait_container(const std::string& run_root, const std::string& container_id,
                                          const base::Cancellation& cancellation) {
  // A monitor ends with its container, or is killed: watching its process is enough, and unlike closing an
  // inotify descriptor (a grace period of 10 to 20 ms) costs nothing.
  sys::UniqueFd monitor;
  std::int64_t monitor_pid = 0;
  while (true) {
    auto status = TRY(read_status(run_root, container_id));
    if (!status) {
      return base::fail(base::ErrorClass::NotFound,
                        fmt::format("container {} was never started", container_id.substr(0, 12)));
    }
    if (has_ended(*status)) return *std::move(status);
    if (cancellation.requested()) return base::fail(base::ErrorClass::Cancelled, "waiting was cancelled");
    if (status->monitor_pid != monitor_pid) {
      // Gone already: read again.
      auto opened = sys::open_pidfd(static_cast<pid_t>(status->monitor_pid));
      if (!opened) continue;
      monitor = *std::move(opened);
      monitor_pid = status->monitor_pid;
    }
    sys::Waiting waiting{monitor.value(), sys::kReadable};
    TRY(sys::wait_ready(std::span(&waiting, 1), kCancellationTick));
  }
}

}  // namespace runtime::container
