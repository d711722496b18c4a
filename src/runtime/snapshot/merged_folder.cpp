// SPDX-License-Identifier: Apache-2.0
#include "runtime/snapshot/merged_folder.h"

#include <fcntl.h>

#include "sys/file.h"
#include "sys/mount.h"

namespace runtime::snapshot {

base::Result<sys::UniqueFd> open_merged(std::vector<std::string> folders) {
  if (folders.size() == 1) return sys::open_file(folders.front(), O_RDONLY | O_DIRECTORY);
  const sys::UniqueFd mount = TRY(sys::mount_overlay({.lower = std::move(folders), .upper = {}, .work = {}}));
  return sys::open_at(mount.value(), ".", O_RDONLY | O_DIRECTORY);
}

}  // namespace runtime::snapshot
