// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/build/layered_tree.h"

namespace runtime::build {

/// Names that do not exist in a root yet and that mounts will be put on: the runner must make them, and they
/// must not stay in the layer. Remembered before a process runs, since it may make them itself.
class MountStubs {
 public:
  /// `targets` are absolute paths in `root`.
  static base::Result<MountStubs> find(const LayeredTree& root, const std::vector<std::string>& targets);

  /// Takes those that are there and empty out of the layer at `upper`, and folders that came into it only for
  /// their sake. What the process filled stays.
  base::Result<> remove(const std::string& upper) const;

 private:
  /// A folder that existed, as it was.
  struct Parent {
    std::string path;
    std::uint32_t mode = 0, uid = 0, gid = 0;
  };
  base::Result<> add_parents(const LayeredTree& root, std::string path);
  static base::Result<> drop_untouched(int upper, const Parent& parent);

  std::vector<std::string> paths_;  ///< Without links; a folder after what is in it.
  std::vector<Parent> parents_;     ///< Deepest first.
};

}  // namespace runtime::build
