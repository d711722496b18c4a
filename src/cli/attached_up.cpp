// SPDX-License-Identifier: Apache-2.0
#include "cli/attached_up.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "cli/render/progress_plain.h"
#include "compose/containers.h"
#include "compose/lifecycle.h"
#include "compose/plan/names.h"
#include "compose/plan/project_containers.h"
#include "model/labels.h"
#include "sys/interrupts.h"

namespace cli {
namespace {

// An interrupt only sets a flag; this is how often it is looked at.
constexpr auto kInterruptPeriod = std::chrono::milliseconds(50);

engine_client::LogOptions log_options() {
  engine_client::LogOptions out;
  out.follow = true;
  out.since = std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  return out;
}

std::vector<std::string> service_names(const model::Project& project) {
  std::vector<std::string> out;
  for (const auto& [name, service] : project.services) out.push_back(name);
  return out;
}

}  // namespace

AttachedUp::AttachedUp(Invocation& invocation, compose::Session& session, const model::Project& project,
                       AttachOptions options)
    : invocation_(invocation),
      session_(session),
      project_(project),
      options_(std::move(options)),
      printer_(options_.style),
      follower_(session.engine, log_options(),
                {[this](const auto& container, const auto& line) { on_line(container, line); },
                 [this] { printer_.flush(); }, [this](const auto& container) { on_exit(container); }}) {
  for (const auto& [name, service] : project.services) {
    if (!options_.services.contains(name)) continue;
    printer_.expect(service.container_name.empty() ? fmt::format("{}-{}", name, service.scale)
                                                   : service.container_name);
  }
}

void AttachedUp::on_line(const model::ObservedContainer& container, const engine_client::LogLine& line) {
  if (!options_.services.contains(compose::plan::service_of(container))) return;
  invocation_.progress().finish();
  printer_.print(container, line);
}

void AttachedUp::on_exit(const model::ObservedContainer& container) {
  const std::string service = compose::plan::service_of(container);
  const std::lock_guard lock(mutex_);
  if (options_.services.contains(service)) {
    invocation_.progress().finish();
    printer_.note(container, fmt::format("exited with code {}", container.exit_code));
  }
  exits_.push_back({service, container.exit_code});
  changed_.notify_all();
}

base::Result<int> AttachedUp::run(const compose::UpOptions& up) {
  const std::map<std::string, std::string> label{{std::string(model::labels::kProject), project_.name}};
  follower_.listen({label}, [this](const model::ObservedContainer& container) {
    return !compose::plan::is_one_off(container) && compose::plan::is_managed(container) &&
           project_.services.contains(compose::plan::service_of(container));
  });
  const auto brought_up = compose::up(session_, project_, up);
  invocation_.progress().finish();
  if (!brought_up) {
    if (brought_up.error().error_class != base::ErrorClass::Cancelled) return base::fail(brought_up.error());
    return stop_after_interrupt();
  }
  TRY(attach_running());
  const std::optional<Exit> aborting = wait_for_end();
  if (aborting) {
    fmt::print(stderr, "Aborting on container exit...\n");
    TRY(stop_all());
  } else if (sys::interrupts() > 0) {
    return stop_after_interrupt();
  }
  follower_.stop();
  for (const base::Error& error : follower_.take_errors()) invocation_.warn(error);
  const std::lock_guard lock(mutex_);
  if (!options_.exit_code_from.empty()) {
    const auto of_service = std::find_if(exits_.begin(), exits_.end(), [&](const Exit& exit) {
      return exit.service == options_.exit_code_from;
    });
    return of_service == exits_.end() ? 1 : of_service->code;
  }
  return aborting && options_.abort_on_failure ? aborting->code : 0;
}

base::Result<> AttachedUp::attach_running() {
  for (const auto& container :
       TRY(compose::list_containers(session_.engine, project_.name, service_names(project_),
                                    compose::OneOffs::Exclude, service_names(project_)))) {
    if (options_.services.contains(compose::plan::service_of(container))) printer_.expect(container);
    if (model::is_active(container.status)) follower_.add(container);
  }
  return {};
}

const AttachedUp::Exit* AttachedUp::aborting_exit() const {
  for (const Exit& exit : exits_) {
    if (options_.abort_on_exit || (options_.abort_on_failure && exit.code != 0)) return &exit;
  }
  return nullptr;
}

std::optional<AttachedUp::Exit> AttachedUp::wait_for_end() {
  std::unique_lock lock(mutex_);
  while (sys::interrupts() == 0) {
    if (const Exit* aborting = aborting_exit()) return *aborting;
    lock.unlock();
    const bool over = follower_.all_ended();
    lock.lock();
    if (over && aborting_exit() == nullptr) return std::nullopt;
    changed_.wait_for(lock, kInterruptPeriod);
  }
  return std::nullopt;
}

base::Result<> AttachedUp::stop_all() {
  PlainProgress progress;
  compose::Session session{session_.engine, progress,           {}, session_.warn,           session_.confirm,
                           false,           session_.show_plan, {}, session_.execute_options};
  compose::plan::LifecycleOptions options;
  options.services = service_names(project_);
  options.timeout = options_.timeout;
  return compose::stop(session, project_, options);
}

base::Result<int> AttachedUp::stop_after_interrupt() {
  const int before = sys::interrupts();
  fmt::print(stderr, "\nGracefully stopping... (press Ctrl+C again to force)\n");
  base::Result<> stopped;
  std::mutex mutex;
  std::condition_variable done_changed;
  bool done = false;
  // The engine waits for the containers, so the second interrupt is handled beside it.
  std::thread stopper([&] {
    stopped = stop_all();
    const std::lock_guard lock(mutex);
    done = true;
    done_changed.notify_all();
  });
  {
    std::unique_lock lock(mutex);
    while (!done && sys::interrupts() == before) done_changed.wait_for(lock, kInterruptPeriod);
  }
  base::Result<> killed;
  if (sys::interrupts() > before) {
    QuietProgress progress;
    compose::Session session{
        session_.engine, progress,           {}, session_.warn,           session_.confirm,
        false,           session_.show_plan, {}, session_.execute_options};
    killed = compose::kill(session, project_, service_names(project_), "SIGKILL", false);
  }
  stopper.join();
  follower_.stop();
  if (!stopped) return base::fail(std::move(stopped).error());
  // One that ended by itself meanwhile cannot be killed any more: that is what was wanted.
  if (!killed && killed.error().error_class != base::ErrorClass::Conflict) {
    return base::fail(std::move(killed).error());
  }
  return 130;
}

}  // namespace cli
