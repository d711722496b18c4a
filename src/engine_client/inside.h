// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/observed.h"

namespace engine_client {

/// One process of a container, as the machine sees it.
struct ContainerProcess {
  std::int64_t pid = 0, parent = 0;
  std::uint32_t uid = 0;
  model::TimePoint started;
  base::Duration processor_time{0};
  std::string terminal;  ///< "pts/0"; "?" without one.
  std::string command;
};

struct CommitOptions {
  std::string reference;             ///< Name to give; may be empty.
  std::vector<std::string> changes;  ///< Dockerfile instructions: "CMD [\"sh\"]"
  std::string author, message;
  bool pause = true;  ///< Stop its processes while its files are copied.
};

/// What is inside a container: its processes and its files.
class Inside {
 public:
  virtual ~Inside() = default;
  /// By pid. Conflict when it does not run.
  virtual base::Result<std::vector<ContainerProcess>> processes(const std::string& container) = 0;
  /// Its root as a tar, without what is mounted on it, whether it runs or not.
  virtual base::Result<> export_root(const std::string& container, int tar) = 0;
  /// An image of its root and settings; the image's ID.
  virtual base::Result<std::string> commit(const std::string& container, const CommitOptions&) = 0;
};

}  // namespace engine_client
