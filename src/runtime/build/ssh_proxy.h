// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "base/result.h"
#include "sys/fd.h"

namespace runtime::build {

/// A socket for one step that leads to an agent. The agent answers only root and its owner, by the user that
/// connects: this process. So the step's own users get the socket's owner and mode as their permission.
class SshProxy {
 public:
  struct Access {
    std::uint32_t uid = 0, gid = 0, mode = 0600;
  };
  /// Serves at the path `socket` until it is destroyed. Unavailable, NotFound: nobody listens at `agent`.
  static base::Result<std::unique_ptr<SshProxy>> start(const std::string& agent, const std::string& socket,
                                                       const Access& access);
  ~SshProxy();
  SshProxy(const SshProxy&) = delete;
  SshProxy& operator=(const SshProxy&) = delete;

 private:
  SshProxy(std::string agent, sys::UniqueFd listener, sys::UniqueFd stopped, sys::UniqueFd running);
  void serve();

  const std::string agent_;
  const sys::UniqueFd listener_, stopped_;
  sys::UniqueFd running_;  ///< Its end is the end of `stopped_`.
  std::jthread thread_;
};

}  // namespace runtime::build
