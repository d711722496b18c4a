// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <memory>
#include <optional>

#include <fmt/format.h>

#include "monitor/container_network.h"
#include "monitor/control_server.h"
#include "monitor/modes.h"
#include "monitor/supervisor.h"
#include "runtime/container/monitor_protocol.h"
#include "runtime/container/status_watch.h"
#include "sys/file.h"
#include "sys/file_lock.h"
#include "sys/process_settings.h"
#include "sys/signal_set.h"

namespace monitor {
namespace {

using runtime::container::MonitorPlan;

base::Result<MonitorPlan> read_plan() {
  const sys::UniqueFd file(runtime::container::kPlanDescriptor);
  const std::string bytes = TRY(sys::read_all(file.value(), "the monitor's plan"));
  return runtime::container::decode_monitor_plan(bytes);
}

/// Held while a monitor has the container. One that is just leaving, or just starting, is waited for.
base::Result<sys::UniqueFd> take_lock(const MonitorPlan& plan) {
  constexpr std::chrono::milliseconds kRetry{10};
  constexpr int kTries = 1000;
  const std::string path = fmt::format("{}/containers/{}/lock", plan.run_root, plan.container_id);
  std::optional<runtime::container::StatusWatch> watch;
  for (int i = 0; i < kTries; ++i) {
    if (auto lock = TRY(sys::try_lock_file(path))) return std::move(*lock);
    const auto status = TRY(runtime::container::read_status(plan.run_root, plan.container_id));
    if (status && status->monitor_pid != 0) break;
    if (!watch) watch.emplace(TRY(runtime::container::StatusWatch::open(plan.run_root)));
    TRY(watch->wait(kRetry));
  }
  return base::fail(base::ErrorClass::Conflict,
                    fmt::format("container {} is running already", plan.container_id.substr(0, 12)));
}

/// One container with all that serves it.
class Container {
 public:
  Container(sys::EventLoop& loop, const MonitorPlan& plan, sys::UniqueFd lock)
      : loop_(loop), plan_(plan), lock_(std::move(lock)) {}

  base::Result<> start(StarterReport& report);
  base::Result<> run_until_ended();
  void finish();
  void failed(const base::Error& error);

 private:
  base::Result<> prepare();
  base::Result<> watch_signals();

  sys::EventLoop& loop_;
  const MonitorPlan& plan_;
  sys::UniqueFd lock_, signals_;
  std::optional<ContainerNetwork> network_;
  std::optional<Supervisor> supervisor_;
  std::optional<ControlServer> control_;
};

base::Result<> Container::watch_signals() {
  signals_ = TRY(sys::open_signals({SIGTERM, SIGINT, SIGHUP}));
  return loop_.add(signals_.value(), sys::kReadable, [this](std::uint32_t) {
    const auto signal = sys::read_signal(signals_.value());
    if (signal && *signal) supervisor_->request_stop(plan_.stop_grace);
  });
}

base::Result<> Container::prepare() {
  auto launch = TRY(runtime::container::decode_launch_plan(plan_.launch_plan));
  auto log = TRY(runtime::container::LogWriter::open(plan_.log));
  TRY(watch_signals());
  supervisor_.emplace(loop_, plan_, std::move(launch), std::move(log));
  TRY(supervisor_->prepare());
  control_.emplace(loop_, *supervisor_, plan_);
  supervisor_->set_events(control_->make_events());
  return control_->listen();
}

base::Result<> Container::start(StarterReport& report) {
  TRY(prepare());
  network_.emplace(TRY(plan_.join_network.empty() ? ContainerNetwork::set_up(plan_.network_plan, loop_)
                                                  : ContainerNetwork::join(plan_.join_network)));
  TRY(sys::write_file(runtime::container::network_state_path(plan_.run_root, plan_.container_id),
                      network_->state()));
  if (plan_.attach) {
    TRY(supervisor_->write_status());
  } else {
    TRY(supervisor_->start());
  }
  report.started(supervisor_->status().pid, network_->state());
  report.close();
  return {};
}

base::Result<> Container::run_until_ended() {
  while (supervisor_->phase() != Supervisor::Phase::Ended) TRY(loop_.run_once());
  return {};
}

void Container::finish() {
  supervisor_->release();
  if (network_) {
    if (auto removed = network_->remove(); !removed)
      supervisor_->note("removing the network", removed.error());
  }
  // From here on the container may be started again: first its end is known, then the way is free.
  supervisor_->save_status();
  control_->stop_listening();
  lock_.reset();
  control_->finish();
  while (control_->has_unsent()) {
    if (!loop_.run_once()) return;
  }
}

void Container::failed(const base::Error& error) {
  if (control_) control_->stop_listening();
  runtime::container::StatusRecord record;
  record.error = error.message;
  record.exit_code = error.exit_code;
  // Second to the failure itself, which the starter hears.
  (void)sys::write_file(runtime::container::status_path(plan_.run_root, plan_.container_id), encode(record));
}

}  // namespace

base::Result<> supervise_container(StarterReport& report) {
  sys::protect_from_oom();
  const auto plan = std::make_unique<const MonitorPlan>(TRY(read_plan()));
  auto loop = TRY(sys::EventLoop::create());
  Container container(loop, *plan, TRY(take_lock(*plan)));
  if (auto started = container.start(report); !started) {
    container.failed(started.error());
    return started;
  }
  TRY(container.run_until_ended());
  container.finish();
  return {};
}

}  // namespace monitor
