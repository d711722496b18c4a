// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/cancellation.h"
#include "base/result.h"

namespace sys {

/// man 3 isatty
bool is_terminal(int fd);

struct TerminalSize {
  std::uint16_t rows = 0, columns = 0;
};
/// man 2 TIOCGWINSZ; nothing when `fd` is no terminal or its size is not known.
std::optional<TerminalSize> terminal_size(int fd);

/// A line from the terminal without showing what is typed, without its line feed: a password. man 3 termios.
/// Cancelled also while it waits.
base::Result<std::string> read_hidden_line(int fd, const base::Cancellation& cancellation);

/// A terminal in raw mode: every key reaches the program as it is. Puts the old mode back when it goes.
/// man 3 termios
class RawMode {
 public:
  static base::Result<RawMode> enter(int fd);
  RawMode(RawMode&&) noexcept;
  RawMode& operator=(RawMode&&) noexcept;
  ~RawMode();
  /// The old mode, now.
  void leave();

 private:
  struct Saved;
  RawMode(int fd, std::unique_ptr<Saved> saved);
  int fd_ = -1;
  std::unique_ptr<Saved> saved_;
};

}  // namespace sys
