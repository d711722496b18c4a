// SPDX-License-Identifier: Apache-2.0
#include "monitor/supervisor.h"

#include <csignal>

#include <fmt/format.h>

#include "sys/cgroup.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/process_identity.h"
#include "sys/process_settings.h"
#include "sys/pty.h"
#include "sys/stream_io.h"

namespace monitor {
namespace {

using model::ContainerStatus;
using runtime::container::LogStream;
using runtime::container::StartedProcess;

/// Room for a burst of output while the monitor is busy.
constexpr std::size_t kPipeSize = 256 * 1024;
constexpr int kStartFailed = 125;

model::TimePoint now() { return std::chrono::system_clock::now(); }

base::Error not_running() {
  return base::make_error(base::ErrorClass::Conflict, "the container does not run");
}

}  // namespace

Supervisor::Supervisor(sys::EventLoop& loop, const runtime::container::MonitorPlan& plan,
                       runtime::container::LaunchPlan launch, runtime::container::LogWriter log)
    : loop_(loop),
      plan_(plan),
      launch_(std::move(launch)),
      log_(std::move(log)),
      output_(loop,
              [this](LogStream stream, std::string_view data) {
                log_.append(stream, data);
                events_.output(stream, data);
              }),
      input_(loop, [this] { events_.input_drained(); }),
      backoff_(plan.restart, plan.restart_count) {
  const sys::ProcessIdentity self = sys::own_identity();
  record_.monitor_pid = self.pid;
  record_.monitor_start = static_cast<std::uint64_t>(self.start_ticks);
  record_.restart_count = plan.restart_count;
  if (!plan.join_network.empty()) {
    launch_.network = {runtime::container::NamespaceMode::Inherit, {}};  // the monitor stands there
  }
  if (!launch_.process.set_oom_score_adj) {
    // The monitor protects itself from the OOM killer; that is not for the container.
    launch_.process.set_oom_score_adj = true;
    launch_.process.oom_score_adj = sys::oom_score_before_protection();
  }
  if (plan.rows > 0 && plan.columns > 0) {
    launch_.process.rows = plan.rows;
    launch_.process.columns = plan.columns;
  }
}

base::Result<> Supervisor::prepare() {
  if (plan_.health.exec_plan.empty()) return {};
  auto probe = TRY(runtime::container::decode_exec_plan(plan_.health.exec_plan));
  if (!probe.process.set_oom_score_adj) {
    probe.process.set_oom_score_adj = true;
    probe.process.oom_score_adj = sys::oom_score_before_protection();
  }
  health_.emplace(loop_, plan_.health, std::move(probe), [this] { health_changed(); });
  return {};
}

base::Result<> Supervisor::start() {
  if (auto launched = launch(); !launched) {
    record_.error = launched.error().message;
    record_.exit_code = launched.error().exit_code;
    phase_ = Phase::Ended;
    return launched;
  }
  return write_status();
}

base::Result<StartedProcess> Supervisor::start_with_pipes() {
  auto [out, out_end] = TRY(sys::make_pipe(kPipeSize));
  auto [err, err_end] = TRY(sys::make_pipe(kPipeSize));
  sys::UniqueFd in, in_end;
  if (plan_.stdin_open) std::tie(in_end, in) = TRY(sys::make_pipe());
  for (const sys::UniqueFd* ours : {&out, &err, &in}) {
    if (ours->valid()) TRY(sys::set_nonblocking(ours->value()));
  }
  StartedProcess started =
      TRY(runtime::container::start_process(launch_, {in_end.value(), out_end.value(), err_end.value()}));
  process_ = std::move(started.pidfd);
  TRY(output_.add(std::move(out), LogStream::Stdout));
  TRY(output_.add(std::move(err), LogStream::Stderr));
  if (in.valid()) TRY(input_.open(std::move(in)));
  return started;
}

base::Result<> Supervisor::start_with_terminal(sys::UniqueFd console) {
  console_ = std::move(console);
  TRY(sys::set_nonblocking(console_.value()));
  TRY(output_.add(TRY(sys::duplicate(console_.value())), LogStream::Stdout));
  if (plan_.stdin_open) TRY(input_.open(TRY(sys::duplicate(console_.value()))));
  return {};
}

base::Result<> Supervisor::launch() {
  StartedProcess started;
  if (launch_.process.terminal) {
    started = TRY(runtime::container::start_process(launch_, {}));
    process_ = std::move(started.pidfd);
    TRY(start_with_terminal(std::move(started.console)));
  } else {
    started = TRY(start_with_pipes());
  }
  TRY(loop_.add(process_.value(), sys::kReadable, [this](std::uint32_t) { on_exit(); }));
  launched_ = true;
  phase_ = Phase::Running;
  launch_time_ = sys::EventLoop::Clock::now();
  oom_kills_before_ = sys::count_oom_kills(launch_.cgroup).value_or(0);
  record_.status = ContainerStatus::Running;
  record_.pid = started.pid;
  record_.started = now();
  record_.exit_code = 0;
  record_.oom_killed = false;
  record_.error.clear();
  record_.restart_count = backoff_.restarts();
  if (health_) {
    health_->start(process_.value());
    health_changed();
  }
  return {};
}

void Supervisor::on_exit() {
  const auto status = sys::wait_pidfd(process_.value());
  loop_.remove(process_.value());
  process_.reset();
  loop_.cancel(kill_timer_);
  kill_timer_ = 0;
  if (health_) health_->stop();
  output_.finish();
  log_.end_lines();
  input_.close();
  console_.reset();
  paused_ = false;
  record_.pid = 0;
  record_.finished = now();
  record_.exit_code = status ? status->code : kStartFailed;
  record_.oom_killed = sys::count_oom_kills(launch_.cgroup).value_or(0) > oom_kills_before_;
  restart_or_end({record_.exit_code, sys::EventLoop::Clock::now() - launch_time_, record_.stop_requested});
  if (phase_ != Phase::Ended) events_.process_ended(record_.exit_code);
}

void Supervisor::restart_or_end(const ProcessEnd& last) {
  const auto wait = backoff_.next(last);
  if (!wait) return end();
  phase_ = Phase::Waiting;
  record_.status = ContainerStatus::Restarting;
  save_status();
  restart_timer_ = loop_.after(*wait, [this] { restart(); });
}

void Supervisor::restart() {
  restart_timer_ = 0;
  if (launch_.pid.mode != runtime::container::NamespaceMode::New) {
    // Nothing ended with the first process: what it left behind must not meet its successor.
    if (auto killed = sys::kill_cgroup(launch_.cgroup); !killed) note("ending old processes", killed.error());
  }
  if (auto launched = launch(); !launched) {
    if (process_.valid()) {
      kill_now();
      (void)sys::wait_pidfd(process_.value());
      process_.reset();
    }
    output_.close();
    record_.error = launched.error().message;
    record_.exit_code = launched.error().exit_code;
    record_.finished = now();
    note("starting again", launched.error());
    return restart_or_end({record_.exit_code, {}, record_.stop_requested});
  }
  save_status();
}

void Supervisor::end() {
  loop_.cancel(restart_timer_);
  loop_.cancel(kill_timer_);
  restart_timer_ = kill_timer_ = 0;
  phase_ = Phase::Ended;
}

void Supervisor::request_stop(base::Duration grace) {
  record_.stop_requested = true;
  if (phase_ == Phase::Ended) return;
  if (phase_ != Phase::Running) return end();
  // A frozen process would not see the signal.
  if (paused_) {
    if (auto thawed = unpause(); !thawed) note("thawing", thawed.error());
  }
  if (!stop_signalled_)
    (void)sys::signal_pidfd(process_.value(), plan_.stop_signal);  // gone already: on_exit follows
  stop_signalled_ = true;
  if (grace < base::Duration::zero()) return;
  const auto when = sys::EventLoop::Clock::now() + grace;
  if (kill_time_ && *kill_time_ <= when) return;
  kill_time_ = when;
  loop_.cancel(kill_timer_);
  kill_timer_ = loop_.at(when, [this] {
    kill_timer_ = 0;
    kill_now();
  });
}

void Supervisor::kill_now() {
  if (!process_.valid()) return;
  (void)sys::signal_pidfd(process_.value(), SIGKILL);  // gone already: on_exit follows
  if (launch_.pid.mode == runtime::container::NamespaceMode::New) return;
  if (auto killed = sys::kill_cgroup(launch_.cgroup); !killed) note("killing", killed.error());
}

base::Result<> Supervisor::kill(int signal) {
  const bool final = signal == SIGKILL || signal == plan_.stop_signal;
  if (final) record_.stop_requested = true;
  if (phase_ == Phase::Waiting && final) {
    end();
    return {};
  }
  if (phase_ != Phase::Running) return base::fail(not_running());
  if (paused_ && signal == SIGKILL) TRY(unpause());
  if (signal == SIGKILL) {
    kill_now();
    return {};
  }
  return sys::signal_pidfd(process_.value(), signal);
}

base::Result<> Supervisor::pause() {
  if (phase_ != Phase::Running) return base::fail(not_running());
  if (paused_) return base::fail(base::ErrorClass::Conflict, "the container is paused already");
  if (health_) health_->suspend();
  if (auto frozen = sys::freeze_cgroup(launch_.cgroup); !frozen) {
    if (health_) health_->resume();
    return frozen;
  }
  paused_ = true;
  record_.status = ContainerStatus::Paused;
  return write_status();
}

base::Result<> Supervisor::unpause() {
  if (phase_ != Phase::Running) return base::fail(not_running());
  if (!paused_) return base::fail(base::ErrorClass::Conflict, "the container is not paused");
  TRY(sys::thaw_cgroup(launch_.cgroup));
  paused_ = false;
  record_.status = ContainerStatus::Running;
  if (health_) health_->resume();
  return write_status();
}

base::Result<> Supervisor::resize(std::uint16_t rows, std::uint16_t columns) {
  if (!launch_.process.terminal) {
    return base::fail(base::ErrorClass::Invalid, "the container has no terminal");
  }
  launch_.process.rows = rows;
  launch_.process.columns = columns;
  if (phase_ == Phase::Held) return {};
  if (!console_.valid()) return base::fail(not_running());
  return sys::resize_pty(console_.value(), rows, columns);
}

void Supervisor::health_changed() {
  record_.health = health_->state().health();
  record_.failing_streak = health_->state().failing_streak();
  record_.health_exit_code = health_->last().exit_code;
  record_.health_output = health_->last().output;
  if (phase_ == Phase::Running && record_.pid != 0) save_status();
}

void Supervisor::note(std::string_view what, const base::Error& error) {
  log_.append(LogStream::Note, fmt::format("[monitor: {}: {}]\n", what, error.message));
}

base::Result<> Supervisor::write_status() {
  std::string text = encode(record_);
  // Everybody who watches the folder wakes up at each write.
  if (text == written_status_) return {};
  TRY(sys::write_file(runtime::container::status_path(plan_.run_root, plan_.container_id), text, 0600));
  written_status_ = std::move(text);
  return {};
}

void Supervisor::save_status() {
  if (auto written = write_status(); !written) note("writing the status", written.error());
}

void Supervisor::release() {
  if (launched_) {
    if (launch_.pid.mode != runtime::container::NamespaceMode::New) {
      if (auto killed = sys::kill_cgroup(launch_.cgroup); !killed) note("ending processes", killed.error());
    }
    if (auto removed = sys::remove_cgroup(launch_.cgroup); !removed) {
      note("removing the control group", removed.error());
    }
  }
  // Docker's word for a container whose process never ran.
  record_.status = launched_ ? ContainerStatus::Exited : ContainerStatus::Created;
  record_.pid = 0;
  record_.monitor_pid = 0;
  record_.monitor_start = 0;
}

}  // namespace monitor
