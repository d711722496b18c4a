// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "runtime/image/byte_source.h"
#include "sys/fd.h"

namespace runtime::image {

/// Limits on an image archive's own members, which are few.
inline constexpr std::int64_t kMostArchiveMembers = 100'000;

/// An image archive (a tar) whose members can be read at any place. A pipe or a compressed file is first
/// unpacked into a nameless temporary file.
class ArchiveFile {
 public:
  /// `fd` is read from where it stands and must outlive this. `scratch` is a folder for the temporary file.
  static base::Result<ArchiveFile> open(int fd, const std::string& scratch);

  bool contains(const std::string& path) const;
  /// A member's bytes; links inside the archive are followed. NotFound.
  base::Result<FileChunks> chunks(const std::string& path) const;
  /// A small member at once; Invalid above `limit` bytes.
  base::Result<std::string> read(const std::string& path, std::size_t limit) const;
  base::Result<std::int64_t> size(const std::string& path) const;

 private:
  struct Part {
    std::int64_t offset = 0, size = 0;
    std::string link;  ///< Cleaned path it stands for, when not empty.
  };
  base::Result<> read_index(std::int64_t start, std::int64_t end);
  base::Result<Part> find(const std::string& path) const;

  int fd_ = -1;
  sys::UniqueFd spooled_;
  std::map<std::string, Part> parts_;
};

}  // namespace runtime::image
