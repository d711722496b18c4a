// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "compose/execute/call.h"
#include "compose/execute/execute.h"

namespace compose::execute {

/// One walk over one plan. Workers make the calls; the calling thread looks after the waits, the
/// cancellation and the end; one more thread hears the engine's events while something is waited for.
/// Everything below `mutex_` belongs to whoever holds it.
class Executor {
 public:
  Executor(const plan::Plan& plan, engine_client::Engine& engine, const ExecuteOptions& options,
           ProgressSink& sink);
  ~Executor();
  base::Result<Outcome> run();

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;
  struct Node {
    std::size_t missing = 0;  ///< Dependencies not done yet.
    std::vector<plan::StepId> dependents;
    bool failed = false, settled = false;
    Clock::time_point begun;
  };
  struct PendingWait {
    plan::StepId id = 0;
    std::optional<Clock::time_point> deadline;
    bool looked_at = false;  ///< Its containers were inspected once.
  };

  void enqueue(plan::StepId id);
  void settle(plan::StepId id, base::Result<CallResult> result);
  void release_dependents(plan::StepId id);
  void skip(plan::StepId id);
  void skip_what_has_not_begun();
  bool is_tolerated(plan::StepId id) const;
  bool is_over() const { return running_ == 0 && queue_.empty() && waits_.empty(); }
  void work();
  base::Result<CallResult> call(const plan::Step& step);
  std::string id_of(const plan::ContainerRef& ref);

  // Waits (executor_waits.cpp).
  void look_after_waits(Lock& lock);
  void look_at(Lock& lock, PendingWait wait, bool inspect);
  void listen();
  void stop_listening(Lock& lock);

  const plan::Step& step(plan::StepId id) const { return plan_.steps[id - 1]; }
  Node& node(plan::StepId id) { return nodes_[id - 1]; }
  void tell(plan::StepId id, StepPhase phase, const base::Error* error = nullptr);

  const plan::Plan& plan_;
  engine_client::Engine& engine_;
  const ExecuteOptions& options_;
  ProgressSink& sink_;
  std::mutex sink_mutex_;

  std::mutex mutex_;
  std::condition_variable work_, main_;
  std::vector<Node> nodes_;
  std::deque<plan::StepId> queue_;
  std::vector<PendingWait> waits_;
  std::map<std::string, model::ObservedContainer> heard_;  ///< From events, by ID.
  Clock::time_point next_inspection_{};
  std::size_t running_ = 0, idle_ = 0;
  bool stopping_ = false, finished_ = false;
  bool news_ = false;  ///< An event came, or a wait began.
  std::vector<base::Error> errors_;
  Outcome outcome_;
  std::vector<std::thread> workers_;
  std::thread listener_;
  base::Cancellation listener_cancellation_;
};

}  // namespace compose::execute
