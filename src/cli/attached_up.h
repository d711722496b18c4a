// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/invocation.h"
#include "cli/render/log_printer.h"
#include "compose/log_follower.h"
#include "compose/up.h"

namespace cli {

struct AttachOptions {
  std::set<std::string> services;  ///< Whose output is shown.
  LogStyle style;
  bool abort_on_exit = false, abort_on_failure = false;
  std::string exit_code_from;  ///< Service; implies abort_on_exit.
  std::optional<base::Duration> timeout;
};

/// `up` without -d: brings the project up while showing its logs, until every container has ended, one
/// ends that must not, or the user interrupts. The first interrupt stops the services, the second kills.
class AttachedUp {
 public:
  AttachedUp(Invocation& invocation, compose::Session& session, const model::Project& project,
             AttachOptions options);
  base::Result<int> run(const compose::UpOptions& up);

 private:
  struct Exit {
    std::string service;
    int code = 0;
  };
  base::Result<> attach_running();
  /// What ended it: an exit that aborts, or nothing when all containers ended or the user interrupted.
  std::optional<Exit> wait_for_end();
  const Exit* aborting_exit() const;
  base::Result<> stop_all();
  base::Result<int> stop_after_interrupt();
  void on_line(const model::ObservedContainer& container, const engine_client::LogLine& line);
  void on_exit(const model::ObservedContainer& container);

  Invocation& invocation_;
  compose::Session& session_;
  const model::Project& project_;
  const AttachOptions options_;
  LogPrinter printer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Exit> exits_;
  bool stopping_ = false;
  compose::LogFollower follower_;
};

}  // namespace cli
