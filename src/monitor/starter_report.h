// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "sys/fd.h"

namespace monitor {

/// Tells the process that started this one how it went (runtime/container/monitor_protocol.h). A
/// starter that is gone is no failure.
class StarterReport {
 public:
  /// Takes the descriptor the starter left for it.
  StarterReport();

  /// The container's process runs (0: it is held). A state too long for a message goes in a memory file.
  void started(std::int64_t pid, std::string_view network_state);
  /// A further process runs; `console`: its terminal's master side to hand over, or -1.
  void executed(std::int64_t pid, int console);
  void failed(const base::Error& error);
  void ended(int exit_code, bool oom_killed);
  /// Nothing more will be said.
  void close() { socket_.reset(); }
  /// Readable when the starter has gone.
  int fd() const { return socket_.value(); }

 private:
  void send(std::string_view message, int fd);
  sys::UniqueFd socket_;
};

}  // namespace monitor
