// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "runtime/container/log_reader.h"
#include "runtime/container/status_record.h"
#include "runtime/container/status_watch.h"
#include "sys/event_loop.h"
#include "sys/stream_io.h"

namespace runtime::container {
namespace {

constexpr std::chrono::milliseconds kCancellationTick{100};
/// A monitor that was killed changes no file: now and then its process is looked for.
constexpr int kTicksBetweenLooks = 10;

base::Result<bool> has_ended(const std::string& run_root, const std::string& container_id) {
  using model::ContainerStatus;
  const auto status = TRY(read_status(run_root, container_id));
  if (!status) return true;
  if (status->status == ContainerStatus::Created) return status->monitor_pid == 0;
  return status->status == ContainerStatus::Exited || status->status == ContainerStatus::Dead;
}

}  // namespace

base::Result<> follow_log(const std::string& directory, const std::string& run_root,
                          const std::string& container_id, const LogSelection& selection,
                          const LogFollowSink& sink, const base::Cancellation& cancellation) {
  LogReader reader = TRY(LogReader::open(directory, selection));
  StatusWatch statuses = TRY(StatusWatch::open(run_root));
  const int changes = TRY(reader.watch());
  bool look = true;
  for (int ticks = 0; true; ++ticks) {
    // Looked at before reading: what was written before the end is then read for certain.
    const bool ended = look && TRY(has_ended(run_root, container_id));
    look = false;
    if (!TRY(reader.read_available(sink.entry))) return {};
    if (ended) {
      TRY(reader.flush(sink.entry));
      return {};
    }
    if (cancellation.requested()) {
      return base::fail(base::ErrorClass::Cancelled, "following the log was cancelled");
    }
    if (sink.caught_up) sink.caught_up();
    sys::Waiting waiting[] = {{changes, sys::kReadable}, {statuses.fd(), sys::kReadable}};
    TRY(sys::wait_ready(waiting, kCancellationTick));
    if (waiting[0].ready != 0) reader.acknowledge();
    if (waiting[1].ready != 0) {
      const auto changed = TRY(statuses.wait(std::chrono::milliseconds(0)));
      look = std::ranges::find(changed, container_id) != changed.end();
    }
    look = look || ticks % kTicksBetweenLooks == kTicksBetweenLooks - 1;
  }
}

}  // namespace runtime::container
