// SPDX-License-Identifier: Apache-2.0
#include "sys/stream_io.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "sys/event_loop.h"

namespace sys {
namespace {

tl::unexpected<base::Error> failed(std::string_view call) {
  const int saved = errno;
  return base::fail(base::make_errno_error(call, saved));
}

Transfer classify(ssize_t size, bool reading) {
  if (size > 0) return {Transfer::State::Moved, static_cast<std::size_t>(size), 0};
  if (size == 0) return {reading ? Transfer::State::Ended : Transfer::State::WouldBlock, 0, 0};
  if (errno == EAGAIN) return {Transfer::State::WouldBlock, 0, 0};
  const bool ended = errno == EPIPE || errno == EIO || errno == ECONNRESET;
  return {ended ? Transfer::State::Ended : Transfer::State::Failed, 0, errno};
}

constexpr std::size_t kMaxWaiting = 16;

}  // namespace

Transfer try_read(int fd, std::span<char> buffer) {
  ssize_t size = 0;
  do {
    size = ::read(fd, buffer.data(), buffer.size());
  } while (size < 0 && errno == EINTR);
  return classify(size, true);
}

Transfer try_write(int fd, std::string_view data) {
  ssize_t size = 0;
  do {
    size = ::write(fd, data.data(), data.size());
  } while (size < 0 && errno == EINTR);
  return classify(size, false);
}

base::Result<> write_patiently(int fd, std::string_view data) {
  while (!data.empty()) {
    const Transfer done = try_write(fd, data);
    if (done.state == Transfer::State::Moved) {
      data.remove_prefix(done.size);
    } else if (done.state == Transfer::State::WouldBlock) {
      Waiting waiting{fd, kWritable};
      TRY(wait_ready(std::span(&waiting, 1), std::chrono::milliseconds(-1)));
    } else {
      return base::fail(base::make_errno_error(fmt::format("write({})", fd), done.errno_value));
    }
  }
  return {};
}

void ignore_broken_pipes() {
  struct sigaction action {};
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

base::Result<bool> wait_ready(std::span<Waiting> all, std::chrono::milliseconds timeout) {
  std::array<pollfd, kMaxWaiting> polls{};
  if (all.size() > polls.size()) {
    return base::fail(base::ErrorClass::Internal, "waiting for too many descriptors");
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    polls[i].fd = all[i].fd;
    if ((all[i].events & kReadable) != 0) polls[i].events |= POLLIN;
    if ((all[i].events & kWritable) != 0) polls[i].events |= POLLOUT;
    all[i].ready = 0;
  }
  const int count = ::poll(polls.data(), all.size(), static_cast<int>(timeout.count()));
  if (count < 0 && errno != EINTR) return failed("poll");
  if (count <= 0) return false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if ((polls[i].revents & POLLIN) != 0) all[i].ready |= kReadable;
    if ((polls[i].revents & POLLOUT) != 0) all[i].ready |= kWritable;
    if ((polls[i].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) all[i].ready |= kClosed;
  }
  return true;
}

base::Result<std::pair<UniqueFd, UniqueFd>> make_pipe(std::size_t size) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe2");
  // Only a wish: an unprivileged user has a limit for all pipes together.
  if (size > 0) ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(size));
  return std::pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

base::Result<> set_nonblocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
    return failed(fmt::format("fcntl({}, O_NONBLOCK)", fd));
  }
  return {};
}

base::Result<UniqueFd> duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) return failed(fmt::format("fcntl({}, F_DUPFD_CLOEXEC)", fd));
  return copy;
}

}  // namespace sys
