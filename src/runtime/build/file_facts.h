// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

namespace runtime::build {

/// What stat(2) says about a file, as far as a build looks at it.
struct FileFacts {
  std::uint32_t mode = 0;  ///< With the type.
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t links = 1;
  std::int64_t size = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;
  std::uint64_t device = 0, inode = 0, special_device = 0;

  static FileFacts from(const struct stat& status);
  bool is_folder() const { return S_ISDIR(mode); }
  bool is_file() const { return S_ISREG(mode); }
  bool is_link() const { return S_ISLNK(mode); }
  /// Neither content nor attributes can have changed: the change time counts writes, chmod and renames.
  bool same_version(const FileFacts& other) const {
    return inode == other.inode && device == other.device && size == other.size &&
           modified_ns == other.modified_ns && changed_ns == other.changed_ns;
  }
  timespec modified() const;
};

/// One file, folder or link that COPY or a bind mount reads.
struct SourceEntry {
  std::string path;  ///< In its tree, without links; empty for the root.
  std::uint16_t layer = 0;
  FileFacts facts;
  std::string link_target;
  std::string digest;      ///< Of a file's content and extended attributes: 64 hex digits.
  bool unsettled = false;  ///< It could change again without a change of its times: see mark_unsettled().
};

/// A source of COPY after patterns and links were resolved, with everything beneath.
struct ScannedSource {
  std::string name;                  ///< What it is called in a target folder; with --parents a path.
  std::string path;                  ///< In its tree.
  std::vector<SourceEntry> entries;  ///< [0] is the source itself; a folder before what is in it.
  std::vector<SourceEntry> parents;  ///< --parents: folders above, outermost first.
  bool by_pattern = false;           ///< A pattern found it: nobody asked for this one by name.
  bool is_folder() const { return entries.front().facts.is_folder(); }
};

}  // namespace runtime::build
