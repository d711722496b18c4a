// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "compose/session.h"

namespace cli {

/// While it lives, SIGINT and SIGTERM go to a container instead of ending the command.
class SignalForwarder {
 public:
  SignalForwarder(compose::Session& session, std::string container);
  ~SignalForwarder();
  SignalForwarder(const SignalForwarder&) = delete;
  SignalForwarder& operator=(const SignalForwarder&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace cli
