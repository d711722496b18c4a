// SPDX-License-Identifier: Apache-2.0
#include "monitor/starter_report.h"

#include <span>

#include "base/byte_codec.h"
#include "runtime/container/monitor_protocol.h"
#include "sys/spawn.h"
#include "sys/unix_socket.h"

namespace monitor {

using runtime::container::ReportKind;

StarterReport::StarterReport() : socket_(runtime::container::kReportDescriptor) {}

void StarterReport::started(std::int64_t pid, std::string_view network_state) {
  const bool in_file = network_state.size() > runtime::container::kMaxReportState;
  sys::UniqueFd file;
  if (in_file) {
    auto made = sys::make_memory_file("state", network_state);
    if (!made) return failed(made.error());
    file = *std::move(made);
  }
  base::ByteWriter out;
  out.number(ReportKind::Started);
  out.number(pid);
  out.number(in_file);
  out.text(in_file ? std::string_view() : network_state);
  send(out.take(), file.value());
}

void StarterReport::executed(std::int64_t pid, int console) {
  base::ByteWriter out;
  out.number(ReportKind::Started);
  out.number(pid);
  out.number(false);
  out.text({});
  send(out.take(), console);
}

void StarterReport::failed(const base::Error& error) {
  base::ByteWriter out;
  out.number(ReportKind::Failed);
  out.text(base::encode(error));
  send(out.take(), -1);
}

void StarterReport::ended(int exit_code, bool oom_killed) {
  base::ByteWriter out;
  out.number(ReportKind::Ended);
  out.number(static_cast<std::int32_t>(exit_code));
  out.number(oom_killed);
  send(out.take(), -1);
}

void StarterReport::send(std::string_view message, int fd) {
  if (!socket_.valid()) return;
  // The only failure is a starter that has gone: nobody is left to be told.
  const auto sent =
      sys::send_message(socket_.value(), std::span(&message, 1), std::span(&fd, fd >= 0 ? 1 : 0));
  if (!sent) socket_.reset();
}

}  // namespace monitor
