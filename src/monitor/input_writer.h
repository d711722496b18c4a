// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sys/event_loop.h"
#include "sys/fd.h"

namespace monitor {

/// Writes to the standard input of a container that may not read it, without ever waiting.
class InputWriter {
 public:
  /// `drained` is called when a write that had to wait is done.
  InputWriter(sys::EventLoop& loop, std::function<void()> drained)
      : loop_(loop), drained_(std::move(drained)) {}
  ~InputWriter() { close(); }
  InputWriter(const InputWriter&) = delete;
  InputWriter& operator=(const InputWriter&) = delete;

  /// Takes the writing end of a pipe, or the master side of a terminal; it must be non-blocking.
  base::Result<> open(sys::UniqueFd target);
  /// Thrown away when nothing is open or the container has closed its end.
  void write(std::string_view data);
  /// Closes as soon as everything has been written.
  void close_when_done();
  void close();
  /// Something waits to be written: take no more from whoever sends it.
  bool full() const { return !pending_.empty(); }

 private:
  void on_writable();

  sys::EventLoop& loop_;
  std::function<void()> drained_;
  sys::UniqueFd target_;
  std::string pending_;
  bool closing_ = false;
};

}  // namespace monitor
