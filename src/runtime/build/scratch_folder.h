// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>

#include "base/result.h"

namespace runtime::build {

/// A folder `<all>/<pid>.<start>.<id>` for one build's files, mode 0700: made when somebody asks for it,
/// removed with this object. Of a build that was killed it stays until sweep().
class ScratchFolder {
 public:
  explicit ScratchFolder(std::string all) : all_(std::move(all)) {}
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  base::Result<std::string> path();
  /// Removes the folders in `all` whose processes have ended; the last error, when some could not go.
  static base::Result<> sweep(const std::string& all);

 private:
  const std::string all_;
  std::mutex mutex_;
  std::string path_;
};

/// `all` for files that may lie on disk, and for secrets and sockets: short, and in memory.
inline std::string disk_scratch(const std::string& data_root) { return data_root + "/build/scratch"; }
inline std::string memory_scratch(const std::string& run_root) { return run_root + "/build"; }

}  // namespace runtime::build
