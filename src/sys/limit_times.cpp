// SPDX-License-Identifier: Apache-2.0
#include "sys/limit_times.h"

#include <fcntl.h>

#include "sys/file.h"
#include "sys/file_data.h"
#include "sys/path_at.h"

namespace sys {
namespace {

bool later(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

base::Result<> limit_in(const UniqueFd& folder, const timespec& latest) {
  UniqueFd listed = TRY(open_at(folder.value(), ".", O_RDONLY | O_DIRECTORY));
  for (const std::string& name : TRY(read_names(std::move(listed), "."))) {
    const auto status = TRY(stat_at(folder.value(), name));
    if (!status) continue;
    if (S_ISDIR(status->st_mode)) {
      TRY(limit_in(TRY(open_at(folder.value(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)), latest));
    }
    if (later(status->st_mtim, latest)) TRY(set_time_at(folder.value(), name, latest));
  }
  return {};
}

}  // namespace

timespec limited(timespec time, timespec latest) { return later(time, latest) ? latest : time; }

base::Result<> limit_times(const std::string& folder, timespec latest) {
  const UniqueFd root = TRY(open_file(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  TRY(limit_in(root, latest));
  const auto status = TRY(stat_fd(root.value()));
  return later(status.st_mtim, latest) ? set_time(root.value(), latest) : base::Result<>();
}

}  // namespace sys
