// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "runtime/container/log_format.h"
#include "sys/event_loop.h"
#include "sys/fd.h"

namespace monitor {

/// Reads what a container writes and hands it on in the pieces it came in.
class OutputPump {
 public:
  using Sink = std::function<void(runtime::container::LogStream, std::string_view)>;

  OutputPump(sys::EventLoop& loop, Sink sink) : loop_(loop), sink_(std::move(sink)) {}
  ~OutputPump() { close(); }
  OutputPump(const OutputPump&) = delete;
  OutputPump& operator=(const OutputPump&) = delete;

  /// Takes the reading end of a pipe, or the master side of a terminal; it must be non-blocking.
  base::Result<> add(sys::UniqueFd source, runtime::container::LogStream stream);
  /// Leaves output in the pipes while `held`, so that the container waits at a full one.
  void hold(bool held);
  bool held() const { return held_; }
  /// Hands on everything that is in the pipes now, held or not, and closes them.
  void finish();
  void close();

 private:
  struct Source {
    sys::UniqueFd fd;
    runtime::container::LogStream stream;
  };
  base::Result<> watch(int fd);
  void on_ready(int fd);
  void drop(int fd);

  sys::EventLoop& loop_;
  Sink sink_;
  std::vector<Source> sources_;
  bool held_ = false;
};

}  // namespace monitor
