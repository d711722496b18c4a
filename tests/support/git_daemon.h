// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "support/child_process.h"
#include "support/loopback.h"

namespace test {

/// `git daemon` on a free port of loopback, serving one folder.
class GitDaemon {
 public:
  explicit GitDaemon(const std::string& folder)
      : port(free_port()),
        // Not by way of git, which would leave it behind.
        child_(
            {"sh", "-c", "exec \"$(git --exec-path)/git-daemon\" \"$@\"", "sh", "--reuseaddr", "--export-all",
             "--listen=127.0.0.1", "--port=" + std::to_string(port), "--base-path=" + folder, folder},
            folder + ".log") {
    wait_for_port(port);
  }
  std::string address(const std::string& name) const {
    return "git://127.0.0.1:" + std::to_string(port) + "/" + name;
  }
  const int port;

 private:
  ChildProcess child_;
};

}  // namespace test
