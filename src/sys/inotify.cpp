// SPDX-License-Identifier: Apache-2.0
#include "sys/inotify.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace sys {

base::Result<UniqueFd> open_inotify() {
  UniqueFd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd.valid()) return base::fail(base::make_errno_error("inotify_init1", errno));
  return fd;
}

base::Result<int> add_watch(int inotify, const std::string& path, std::uint32_t mask) {
  const int watch = ::inotify_add_watch(inotify, path.c_str(), mask);
  if (watch < 0) {
    base::Error error = base::make_errno_error(fmt::format("inotify_add_watch(\"{}\")", path), errno);
    if (error.errno_value == ENOSPC) {
      error.hint = "all watches of this user are in use; raise fs.inotify.max_user_watches";
    }
    return base::fail(std::move(error));
  }
  return watch;
}

base::Result<> read_changes(int inotify, const std::function<void(const FileChange&)>& each) {
  alignas(inotify_event) char buffer[4096];
  while (true) {
    const ssize_t size = ::read(inotify, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return {};
    if (size < 0) return base::fail(base::make_errno_error("read(inotify)", errno));
    for (ssize_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, buffer + at, sizeof event);
      const char* name = buffer + at + sizeof event;
      each({event.wd, event.mask, std::string_view(name, ::strnlen(name, event.len))});
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
}

}  // namespace sys
