// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/step_lock.h"

#include "sys/file.h"
#include "sys/file_lock.h"

namespace runtime::build {

base::Result<StepLock> StepLock::take(const std::string& data_root, const std::string& key,
                                      const base::Cancellation& cancellation) {
  const std::string folder = data_root + "/build/locks";
  TRY(sys::make_directories(folder, 0700));
  std::string path = folder + "/" + key;
  sys::UniqueFd fd = TRY(sys::lock_file(path, sys::LockKind::Exclusive, cancellation));
  return StepLock(std::move(path), std::move(fd));
}

StepLock::~StepLock() {
  if (fd_.valid()) static_cast<void>(sys::remove_tree(path_));
}

}  // namespace runtime::build
