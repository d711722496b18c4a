// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/build/file_facts.h"

namespace runtime::build {

/// The files a COPY read, with their digests, so that the next build only has to look at each file's stat;
/// and the layer made of them, so that the next one can share what did not change.
struct CopyMemory {
  std::string layer;                 ///< Snapshot id; may be gone by now.
  std::vector<SourceEntry> entries;  ///< Regular files, sorted by path.

  /// The entry for `path`, or null.
  const SourceEntry* find(std::string_view path) const;
};

/// Files of `sources` as memory. A file that changed within the last clock ticks before `scanned_ns` is
/// left without digest: it could change again without a change of its times.
CopyMemory make_memory(const std::vector<ScannedSource>& sources, std::int64_t scanned_ns);

/// Takes over the digests of files that are the same version as remembered. False when some file has none
/// then.
bool recall_digests(const CopyMemory& memory, std::vector<ScannedSource>& sources);

/// Binary form, read only by the same program.
std::string encode(const CopyMemory& memory);
/// Nothing when the bytes are not a whole memory of this version.
std::optional<CopyMemory> decode_copy_memory(std::string_view bytes);

}  // namespace runtime::build
