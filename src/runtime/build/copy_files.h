// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "runtime/build/copy_memory.h"
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

/// An earlier layer of the same instruction, made of one source, and what it was made from. A file of it that is
/// what a copy would be is linked instead of copied: layers never change, so they may share a file.
struct ReusableLayer {
  std::vector<std::string> folders;  ///< Its own, and its base's when it has one.
  const CopyMemory* memory = nullptr;
  /// The last of `folders` will be shown beneath the new layer: what is the same there is left out of it.
  bool stays_below = false;
  std::optional<std::int64_t> latest;  ///< No file of a layer is younger, in seconds since 1970.
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
