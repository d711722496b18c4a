// SPDX-License-Identifier: Apache-2.0
#include "runtime/container/status_watch.h"

#include <sys/inotify.h>

#include <algorithm>

#include "sys/event_loop.h"
#include "sys/file.h"
#include "sys/inotify.h"
#include "sys/stream_io.h"

namespace runtime::container {

base::Result<StatusWatch> StatusWatch::open(const std::string& run_root) {
  const std::string directory = run_root + "/status";
  TRY(sys::make_directories(directory, 0700));
  sys::UniqueFd inotify = TRY(sys::open_inotify());
  TRY(sys::add_watch(inotify.value(), directory, IN_MOVED_TO | IN_DELETE | IN_ONLYDIR));
  return StatusWatch(std::move(inotify));
}

base::Result<std::vector<std::string>> StatusWatch::wait(std::chrono::milliseconds timeout) {
  sys::Waiting waiting{inotify_.value(), sys::kReadable};
  std::vector<std::string> changed;
  if (!TRY(sys::wait_ready(std::span(&waiting, 1), timeout))) return changed;
  TRY(sys::read_changes(inotify_.value(), [&changed](const sys::FileChange& change) {
    if (change.name.empty() || change.name.find('.') != std::string_view::npos) return;
    if (std::ranges::find(changed, change.name) == changed.end()) changed.emplace_back(change.name);
  }));
  return changed;
}

}  // namespace runtime::container
