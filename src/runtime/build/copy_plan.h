// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/build/copy_files.h"

namespace runtime::build {

/// One name to make in the layer.
struct CopyItem {
  const SourceEntry* entry = nullptr;
  std::string path;  ///< In the layer, without links.
};

/// Makes all folders, and says what is to be put in them: no two items have one path, and all paths are free.
base::Result<std::vector<CopyItem>> plan_copy(const SourceTree& tree,
                                              const std::vector<ScannedSource>& sources,
                                              const CopyTarget& target, LayerWriter& writer);

/// Owner, mode and time of a copy of `entry`.
NodeMeta copied_meta(const SourceTree& tree, const SourceEntry& entry, const CopyTarget& target);

/// Where a file called `name` goes: into `target` when that is a folder, or else to that very path. Makes the
/// folders above and the room.
base::Result<std::string> place_file(const std::string& name, const CopyTarget& target, LayerWriter& writer);

}  // namespace runtime::build
