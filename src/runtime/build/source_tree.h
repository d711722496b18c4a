// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "runtime/build/file_facts.h"
#include "runtime/build/ignore_file.h"
#include "runtime/build/layered_tree.h"

namespace runtime::build {

/// Whether copied files keep their owner (from a stage or an image) or become root's (from a folder of the
/// host).
enum class Owners { Reset, Keep };

/// Where COPY, ADD and bind mounts read from: a build context, or a stage's or image's root.
struct SourceTree {
  LayeredTree tree;
  IgnoreRules ignore;
  Owners owners = Owners::Reset;
  std::string name;      ///< For messages: "the build context", "stage 'build'".
  std::string identity;  ///< The same for the same place: a folder's path. Names what is remembered of it.

  /// Somebody may be at work in it: a folder of the host, not layers.
  bool can_change() const { return !identity.empty(); }
  /// Whether `error` says that a name which was listed is not what it was: it was removed or replaced.
  bool is_gone(const base::Error& error) const;
};

/// A folder of the host as a context, with its ignore file. NotFound when it is no folder.
base::Result<SourceTree> open_context(const std::string& folder, const std::string& ignore_file);

struct ScanOptions {
  bool wildcards = true;
  bool parents = false;
  IgnoreRules excludes;  ///< --exclude, relative to each source.
};

/// What `source` (a path or a pattern, as in COPY) names in `tree`. A pattern may match nothing. NotFound for
/// a path that does not exist or is ignored, with a hint. Digests are left empty.
base::Result<std::vector<ScannedSource>> scan_source(const SourceTree& tree, const std::string& source,
                                                     const ScanOptions& options);

/// Of an open file's content, and of the extended attributes that are copied, as SourceEntry has it. Read from
/// where `fd` stands.
base::Result<std::string> content_digest(int fd, std::string_view what, Owners owners);

/// Fills in the digests of all regular files that have none, reading on several threads. Files of a folder that
/// can change and that are gone meanwhile are left out; NotFound for one that was named itself.
base::Result<> hash_entries(const SourceTree& tree, std::vector<ScannedSource>& sources);

/// Extended attributes that belong to a file's content: capabilities, and what users attach. Those of a
/// folder of the host stay there, as its owners do.
base::Result<std::vector<std::pair<std::string, std::string>>> copied_xattrs(int fd, Owners owners);

/// SHA-256 over all that a copy of `sources` can show: names, types, modes, link targets, contents, owners
/// where they are kept; no times. Digests must be filled in.
std::string checksum(const std::vector<ScannedSource>& sources, Owners owners);

}  // namespace runtime::build
