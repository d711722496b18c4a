// SPDX-License-Identifier: Apache-2.0
#include "compose/execute/executor.h"

#include <algorithm>

#include <fmt/format.h>

namespace compose::execute {
namespace {

// A cancellation is a flag that a signal handler may set, so somebody has to look at it.
constexpr auto kCancellationPeriod = std::chrono::milliseconds(50);

/// For the chain of an error: "creating container shop-web-1".
std::string what_it_does(const plan::Step& step) {
  const std::string out = fmt::format("{} {}", plan::doing(step.call), plan::object(step.call));
  // Why it is waited for tells who does not start now.
  return std::holds_alternative<plan::WaitFor>(step.call) ? fmt::format("{}: {}", out, step.cause) : out;
}

}  // namespace

base::Result<Outcome> execute(const plan::Plan& plan, engine_client::Engine& engine,
                              const ExecuteOptions& options, ProgressSink& sink) {
  if (plan.steps.empty()) return Outcome{};
  return Executor(plan, engine, options, sink).run();
}

Executor::Executor(const plan::Plan& plan, engine_client::Engine& engine, const ExecuteOptions& options,
                   ProgressSink& sink)
    : plan_(plan), engine_(engine), options_(options), sink_(sink), nodes_(plan.steps.size()) {
  for (const plan::Step& s : plan.steps) {
    node(s.id).missing = s.depends_on.size();
    for (const plan::StepId on : s.depends_on) node(on).dependents.push_back(s.id);
  }
}

Executor::~Executor() {
  {
    const Lock lock(mutex_);
    finished_ = true;
    listener_cancellation_.request();
  }
  work_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  if (listener_.joinable()) listener_.join();
}

base::Result<Outcome> Executor::run() {
  Lock lock(mutex_);
  for (const plan::Step& s : plan_.steps) {
    if (s.depends_on.empty()) enqueue(s.id);
  }
  while (!is_over()) {
    if (options_.cancellation.requested() && !stopping_) {
      stopping_ = true;
      skip_what_has_not_begun();
      continue;
    }
    look_after_waits(lock);
    if (is_over()) break;
    if (!news_) main_.wait_for(lock, kCancellationPeriod);
  }
  stop_listening(lock);
  if (!errors_.empty()) return base::fail(base::join_errors(std::move(errors_)));
  if (options_.cancellation.requested()) {
    base::Error error = base::make_error(base::ErrorClass::Cancelled, "interrupted");
    error.exit_code = 130;
    return base::fail(std::move(error));
  }
  return std::move(outcome_);
}

void Executor::enqueue(plan::StepId id) {
  if (stopping_) return skip(id);
  const plan::Step& s = step(id);
  if (s.fallback_for != 0 && !node(s.fallback_for).failed) {
    node(id).settled = true;
    return release_dependents(id);
  }
  node(id).begun = Clock::now();
  if (const auto* wait = std::get_if<plan::WaitFor>(&s.call)) {
    PendingWait pending{id, std::nullopt, false};
    if (wait->timeout) pending.deadline = node(id).begun + *wait->timeout;
    waits_.push_back(pending);
    news_ = true;
    tell(id, StepPhase::Started);
    main_.notify_one();
    return;
  }
  queue_.push_back(id);
  if (queue_.size() > idle_ && workers_.size() < options_.workers) {
    workers_.emplace_back([this] { work(); });
  } else {
    work_.notify_one();
  }
}

bool Executor::is_tolerated(plan::StepId id) const {
  if (step(id).on_failure == plan::OnFailure::Warn) return true;
  const auto& dependents = nodes_[id - 1].dependents;
  return std::any_of(dependents.begin(), dependents.end(),
                     [&](plan::StepId other) { return step(other).fallback_for == id; });
}

void Executor::settle(plan::StepId id, base::Result<CallResult> result) {
  Node& settled = node(id);
  settled.settled = true;
  if (result) {
    if (!result->container.empty()) outcome_.containers[id] = result->container;
    if (result->warning) outcome_.warnings.push_back(*std::move(result->warning));
    tell(id, StepPhase::Done);
    return release_dependents(id);
  }
  settled.failed = true;
  tell(id, StepPhase::Failed, &result.error());
  const bool cancelled = result.error().error_class == base::ErrorClass::Cancelled;
  base::Error error = std::move(result).error();
  const std::string doing = what_it_does(step(id));
  // An engine may have said so itself.
  if (error.context.empty() || error.context.back() != doing) error.context.push_back(doing);
  if (is_tolerated(id) && !cancelled) {
    outcome_.warnings.push_back(std::move(error));
    return release_dependents(id);
  }
  if (!cancelled) errors_.push_back(std::move(error));
  if (plan_.failure_policy == plan::FailurePolicy::StopNewWork || cancelled) {
    stopping_ = true;
    skip_what_has_not_begun();
  }
  for (const plan::StepId dependent : settled.dependents) skip(dependent);
}

void Executor::release_dependents(plan::StepId id) {
  for (const plan::StepId dependent : node(id).dependents) {
    if (--node(dependent).missing == 0 && !node(dependent).settled) enqueue(dependent);
  }
}

void Executor::skip(plan::StepId id) {
  if (node(id).settled) return;
  node(id).settled = true;
  tell(id, StepPhase::Skipped);
  for (const plan::StepId dependent : node(id).dependents) skip(dependent);
}

void Executor::skip_what_has_not_begun() {
  std::vector<plan::StepId> skipped(queue_.begin(), queue_.end());
  queue_.clear();
  for (const PendingWait& wait : waits_) skipped.push_back(wait.id);
  waits_.clear();
  for (const plan::StepId id : skipped) skip(id);
}

void Executor::work() {
  Lock lock(mutex_);
  while (true) {
    ++idle_;
    work_.wait(lock, [&] { return finished_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    const plan::StepId id = queue_.front();
    queue_.pop_front();
    ++running_;
    tell(id, StepPhase::Started);
    lock.unlock();
    base::Result<CallResult> result = call(step(id));
    lock.lock();
    --running_;
    settle(id, std::move(result));
    if (is_over()) main_.notify_one();
  }
}

base::Result<CallResult> Executor::call(const plan::Step& s) {
  const CallContext context{
      engine_,
      options_,
      [this](const plan::ContainerRef& ref) { return id_of(ref); },
      [this, &s](const engine_client::ImageEvent& event) {
        const std::lock_guard guard(sink_mutex_);
        sink_.on_image(s, event);
      },
  };
  return make_call(s.call, context);
}

std::string Executor::id_of(const plan::ContainerRef& ref) {
  if (ref.created_by == 0) return ref.id;
  const Lock lock(mutex_);
  return outcome_.containers[ref.created_by];
}

void Executor::tell(plan::StepId id, StepPhase phase, const base::Error* error) {
  StepEvent event{step(id), phase, base::Duration{0}, error};
  if (phase == StepPhase::Done || phase == StepPhase::Failed) event.elapsed = Clock::now() - node(id).begun;
  const std::lock_guard guard(sink_mutex_);
  sink_.on_step(event);
}

}  // namespace compose::execute
