// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/build/file_facts.h"

namespace runtime::build {

/// What a COPY read the last time, in a word.
struct CopySummary {
  /// fingerprint() of the scan. Empty when some file could have changed since without a change of its times.
  std::string fingerprint;
  std::string checksum;  ///< checksum() of it.
  std::string layer;     ///< Snapshot made of it; may be gone by now.
  std::string below;     ///< layers_key() of what that was made over.
  std::string place;     ///< Which of the source's names became which of the layer's.
};

/// What a COPY read, files with their digests, so that the next build only has to look at each file's stat;
/// and the layer made of them, so that the next one can share what did not change.
struct CopyMemory {
  CopySummary summary;
  std::vector<SourceEntry> entries;  ///< Sorted by path.

  /// The entry for `path`, or null.
  const SourceEntry* find(std::string_view path) const;
};

/// Marks the files that changed so shortly before `looked_ns`, when their scan began, that they could change
/// once more without a change of their times.
void mark_unsettled(std::vector<ScannedSource>& sources, std::int64_t looked_ns);

/// SHA-256 over all that stat(2) and the names say of `sources`: as long as it is the same, so is their
/// content, unless a file is unsettled. Cheap: no file is read, no digest needed.
std::string fingerprint(const std::vector<ScannedSource>& sources);

/// All of `sources`, digests filled in and unsettled files marked, as memory. Of an unsettled file no
/// digest is remembered, and with one there is no fingerprint.
CopyMemory make_memory(const std::vector<ScannedSource>& sources);

/// Takes over the digests of files that are the same version as remembered. False when some file has none
/// then.
bool recall_digests(const CopyMemory& memory, std::vector<ScannedSource>& sources);

/// Binary form, read only by the same program.
std::string encode(const CopyMemory& memory);
/// Nothing when the bytes are not a whole memory of this version. The summary needs only the beginning of
/// them, which is protected by itself.
std::optional<CopySummary> decode_copy_summary(std::string_view bytes);
std::optional<CopyMemory> decode_copy_memory(std::string_view bytes);

}  // namespace runtime::build
