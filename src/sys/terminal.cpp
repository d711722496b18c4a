// SPDX-License-Identifier: Apache-2.0
#include "sys/terminal.h"

#include <poll.h>
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

base::Result<std::string> read_hidden_line(int fd, const base::Cancellation& cancellation) {
  termios shown{};
  if (::tcgetattr(fd, &shown) != 0) {
    return base::fail(base::make_errno_error(fmt::format("tcgetattr({})", fd), errno));
  }
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (::tcsetattr(fd, TCSAFLUSH, &hidden) != 0) {
    return base::fail(base::make_errno_error(fmt::format("tcsetattr({}, no echo)", fd), errno));
  }
  // An interrupt does not end a read, so it is looked for beside it.
  constexpr int kPeriod = 50;
  std::string line;
  base::Result<> outcome;
  while (!line.ends_with('\n')) {
    if (cancellation.requested()) {
      outcome = base::fail(base::ErrorClass::Cancelled, "interrupted at the prompt");
      break;
    }
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, kPeriod) <= 0) continue;
    char room[256];
    const ssize_t count = ::read(fd, room, sizeof room);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) outcome = base::fail(base::make_errno_error(fmt::format("read({})", fd), errno));
    if (count <= 0) break;
    line.append(room, static_cast<std::size_t>(count));
  }
  // The terminal may be gone by now; then there is nothing to put right.
  static_cast<void>(::tcsetattr(fd, TCSADRAIN, &shown));
  TRY(outcome);
  if (line.ends_with('\n')) line.pop_back();
  return line;
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
