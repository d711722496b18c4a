// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace runtime::snapshot {

/// Where removed folders wait for their deletion. Renaming one here takes microseconds; a thread of the
/// lowest priority deletes it while the command goes on. What a finished command leaves, the next one's
/// empty() takes up.
class Trash {
 public:
  /// `folder` must be on the file system of what is thrown away; made when first needed.
  explicit Trash(std::string folder);
  ~Trash();
  Trash(const Trash&) = delete;
  Trash& operator=(const Trash&) = delete;

  /// NotFound is success.
  base::Result<> take(const std::string& path);
  /// Deletes, in the background, what is in the folder.
  void empty();
  /// Returns when the thread has nothing left to do.
  void wait();

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< Shared with the thread, which may outlive this object.
};

}  // namespace runtime::snapshot
