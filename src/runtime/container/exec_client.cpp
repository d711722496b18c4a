// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/exec_client.h"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/byte_codec.h"
#include "runtime/container/attach_input.h"
#include "runtime/container/monitor_program.h"
#include "runtime/container/status_record.h"
#include "sys/event_loop.h"
#include "sys/pidfd.h"
#include "sys/pty.h"
#include "sys/stream_io.h"

namespace runtime::container {
namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr std::size_t kPipeSize = 256 * 1024;

/// Our ends of the process's streams. With a terminal `in` and `out` are both its master side.
struct ExecStreams {
  sys::UniqueFd in, out, err;
};

/// The copying between one process and one user.
class ExecPump {
 public:
  ExecPump(ExecStreams streams, int report, const ProcessStreams& user, bool tty)
      : streams_(std::move(streams)), report_(report), user_(user), input_(user), tty_(tty) {
    if (!streams_.in.valid()) input_open_ = false;
  }

  /// The exit code once the process has ended and its output is passed on.
  base::Result<std::optional<int>> turn();

 private:
  base::Result<> copy_output(sys::UniqueFd& source, int target);
  base::Result<> feed_input();
  base::Result<> write_input();

  ExecStreams streams_;
  int report_;
  const ProcessStreams& user_;
  AttachInput input_;
  bool tty_, input_open_ = true, closing_ = false;
  std::string pending_;  ///< Input the process does not take now.
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
};

/// What is there now; closes the source at its end.
base::Result<> ExecPump::copy_output(sys::UniqueFd& source, int target) {
  while (source.valid()) {
    const sys::Transfer got = sys::try_read(source.value(), buffer_);
    if (got.state == sys::Transfer::State::WouldBlock) return {};
    if (got.state != sys::Transfer::State::Moved) {
      source.reset();
      return {};
    }
    if (target >= 0) {
      TRY_WHILE(sys::write_patiently(target, std::string_view(buffer_.data(), got.size)),
                "passing on output");
    }
    if (got.size < buffer_.size()) return {};
  }
  return {};
}

base::Result<> ExecPump::feed_input() {
  const AttachInput::Read read = TRY(input_.read());
  pending_.append(read.data);
  closing_ = read.state != AttachInput::State::Data;
  return write_input();
}

base::Result<> ExecPump::write_input() {
  while (!pending_.empty()) {
    const sys::Transfer done = sys::try_write(streams_.in.value(), pending_);
    if (done.state == sys::Transfer::State::WouldBlock) return {};
    if (done.state != sys::Transfer::State::Moved) {
      pending_.clear();
      input_open_ = false;
      streams_.in.reset();
      return {};
    }
    pending_.erase(0, done.size);
  }
  if (closing_) {
    input_open_ = false;
    if (!tty_) streams_.in.reset();
  }
  return {};
}

base::Result<std::optional<int>> ExecPump::turn() {
  if (const auto size = input_.new_size(); size && tty_ && streams_.in.valid()) {
    TRY(sys::resize_pty(streams_.in.value(), size->rows, size->columns));
  }
  const bool writing = !pending_.empty();
  std::array<sys::Waiting, 5> waiting{
      sys::Waiting{report_, sys::kReadable}, sys::Waiting{streams_.out.value(), sys::kReadable},
      sys::Waiting{streams_.err.value(), sys::kReadable},
      sys::Waiting{writing ? streams_.in.value() : -1, sys::kWritable},
      sys::Waiting{input_open_ && !writing ? input_.fd() : -1, sys::kReadable}};
  TRY(sys::wait_ready(waiting, kTick));
  if (waiting[3].ready != 0) TRY(write_input());
  if (waiting[4].ready != 0) TRY(feed_input());
  const bool ended = waiting[0].ready != 0;
  if (waiting[1].ready != 0 || ended) TRY(copy_output(streams_.out, user_.standard_output));
  if (waiting[2].ready != 0 || ended) TRY(copy_output(streams_.err, user_.standard_error));
  if (!ended) return std::nullopt;
  const EndReport end = TRY(read_end_report(report_));
  // Whoever it left behind may still hold the streams: only what is in them now is passed on.
  for (int i = 0; i < 64 && (streams_.out.valid() || streams_.err.valid()); ++i) {
    TRY(copy_output(streams_.out, user_.standard_output));
    TRY(copy_output(streams_.err, user_.standard_error));
  }
  return end.exit_code;
}

base::Result<std::int64_t> find_process(const ExecRequest& request) {
  const auto status = TRY(read_status(request.run_root, request.container_id));
  if (status && status->status == model::ContainerStatus::Running && status->pid != 0) return status->pid;
  const bool paused = status && status->status == model::ContainerStatus::Paused;
  return base::fail(base::ErrorClass::Conflict,
                    fmt::format("container {} {}", request.container_id.substr(0, 12),
                                paused ? "is paused" : "does not run"));
}

struct StartedExec {
  LaunchedMonitor monitor;
  ExecStreams streams;
};

base::Result<StartedExec> start_exec(const ExecRequest& request, bool with_input) {
  base::ByteWriter plan;
  plan.text(request.exec_plan);
  plan.number(TRY(find_process(request)));
  plan.number(request.mode == ExecMode::Detached);
  MonitorLaunch launch;
  launch.mode = "exec";
  launch.plan = plan.take();
  StartedExec started;
  sys::UniqueFd in_end, out_end, err_end;
  if (request.mode == ExecMode::Detached) {
    launch.parentage = sys::Parentage::Detached;
  } else if (!request.tty) {
    if (with_input) std::tie(in_end, started.streams.in) = TRY(sys::make_pipe());
    std::tie(started.streams.out, out_end) = TRY(sys::make_pipe(kPipeSize));
    std::tie(started.streams.err, err_end) = TRY(sys::make_pipe(kPipeSize));
    launch.in = in_end.value();
    launch.out = out_end.value();
    launch.err = err_end.value();
  }
  started.monitor = TRY(launch_monitor(launch));
  return started;
}

/// Takes the terminal the process got, and makes our ends non-blocking.
base::Result<> prepare_streams(const ExecRequest& request, ExecStreams& streams, sys::UniqueFd console) {
  if (request.tty) {
    if (request.rows > 0 && request.columns > 0) {
      TRY(sys::resize_pty(console.value(), request.rows, request.columns));
    }
    streams.in = TRY(sys::duplicate(console.value()));
    streams.out = std::move(console);
  }
  for (const sys::UniqueFd* fd : {&streams.in, &streams.out, &streams.err}) {
    if (fd->valid()) TRY(sys::set_nonblocking(fd->value()));
  }
  return {};
}

/// Not found and not executable are results of the command, told where its own errors would be.
base::Result<int> explain_failure(base::Error error, const ProcessStreams& streams) {
  if (error.exit_code != 126 && error.exit_code != 127) return base::fail(std::move(error));
  const int target = streams.standard_error >= 0 ? streams.standard_error : streams.standard_output;
  if (target >= 0) TRY(sys::write_patiently(target, base::to_text(error)));
  return error.exit_code;
}

}  // namespace

base::Result<int> run_exec(const ExecRequest& request, const ProcessStreams& streams,
                           const base::Cancellation& cancellation) {
  StartedExec exec = TRY(start_exec(request, streams.standard_input >= 0));
  auto report = read_start_report(exec.monitor.report.value());
  if (!report) {
    if (exec.monitor.process.pidfd.valid()) TRY(sys::wait_pidfd(exec.monitor.process.pidfd.value()));
    return explain_failure(std::move(report).error(), streams);
  }
  if (request.mode == ExecMode::Detached) return 0;
  TRY(prepare_streams(request, exec.streams, std::move(report->console)));
  ExecPump pump(std::move(exec.streams), exec.monitor.report.value(), streams, request.tty);
  base::Result<std::optional<int>> code = std::nullopt;
  while (code && !*code && !cancellation.requested()) code = pump.turn();
  // Without its report socket the helper kills the process, and ends.
  exec.monitor.report.reset();
  TRY(sys::wait_pidfd(exec.monitor.process.pidfd.value()));
  if (!code) return base::fail(std::move(code).error());
  if (!*code) return base::fail(base::ErrorClass::Cancelled, "the process was cancelled");
  return **code;
}

}  // namespace runtime::container
