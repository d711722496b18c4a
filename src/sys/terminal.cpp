// SPDX-License-Identifier: Apache-2.0
#include "sys/terminal.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

namespace sys {

struct RawMode::Saved {
  termios mode;
};

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

std::optional<TerminalSize> terminal_size(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return TerminalSize{size.ws_row, size.ws_col};
}

base::Result<RawMode> RawMode::enter(int fd) {
  auto saved = std::make_unique<Saved>();
  if (::tcgetattr(fd, &saved->mode) != 0) {
    return base::fail(base::make_errno_error(fmt::format("tcgetattr({})", fd), errno));
  }
  termios raw = saved->mode;
  ::cfmakeraw(&raw);
  if (::tcsetattr(fd, TCSADRAIN, &raw) != 0) {
    return base::fail(base::make_errno_error(fmt::format("tcsetattr({}, raw)", fd), errno));
  }
  return RawMode(fd, std::move(saved));
}

RawMode::RawMode(int fd, std::unique_ptr<Saved> saved) : fd_(fd), saved_(std::move(saved)) {}
RawMode::RawMode(RawMode&&) noexcept = default;
RawMode& RawMode::operator=(RawMode&& other) noexcept {
  leave();
  fd_ = other.fd_;
  saved_ = std::move(other.saved_);
  return *this;
}
RawMode::~RawMode() { leave(); }

void RawMode::leave() {
  // The terminal may be gone by now; then there is nothing to put right.
  if (saved_) static_cast<void>(::tcsetattr(fd_, TCSADRAIN, &saved_->mode));
  saved_.reset();
}

}  // namespace sys
