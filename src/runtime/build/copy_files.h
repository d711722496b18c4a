// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/build/file_mode.h"
#include "runtime/build/layer_writer.h"
#include "runtime/build/source_tree.h"

namespace runtime::build {

/// Where COPY puts things, and what they become.
struct CopyTarget {
  std::string path;  ///< Absolute; a slash at its end makes it a folder.
  std::optional<sys::Ownership> owner;
  std::optional<FileMode> mode;
  bool parents = false;  ///< Keep the sources' own folders.
};

/// An earlier layer of the same instruction, and the files it was made from: a file that is the same still is
/// linked instead of copied. Layers never change, so they may share a file.
struct ReusableLayer {
  std::string folder;
  /// The version in the layer of what is at `path` in the source tree, or nothing.
  const SourceEntry* (*find)(const void* memory, const std::string& path) = nullptr;
  const void* memory = nullptr;
};

/// What became of the sources while they were read.
enum class CopyOutcome {
  Exact,    ///< The layer holds what was scanned.
  Changed,  ///< Some file changed meanwhile: the layer must not be remembered under the scan's checksum.
};

/// Copies `sources` into the layer. Invalid: a file in the way of a folder, or a folder of a file.
base::Result<CopyOutcome> copy_sources(const SourceTree& tree, const std::vector<ScannedSource>& sources,
                                       const CopyTarget& target, LayerWriter& writer,
                                       const ReusableLayer* reusable, const base::Cancellation& cancellation);

/// A small file that is in no tree: a heredoc, a download.
struct TextFile {
  std::string name, content;
  std::uint32_t mode = 0644;
};
base::Result<> copy_text(const TextFile& file, const CopyTarget& target, LayerWriter& writer);

}  // namespace runtime::build
