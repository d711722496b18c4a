// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace runtime::image {

enum class TarType { File, HardLink, SymbolicLink, CharacterDevice, BlockDevice, Folder, Fifo };

/// One member of a tar, its content apart. POSIX.1-2017 pax; names are bytes, as the archive has them.
struct TarEntry {
  TarType type = TarType::File;
  std::string path;         ///< Never empty; may be absolute or hold "..": the reader does not judge.
  std::string link_target;  ///< Hard and symbolic links.
  std::uint32_t mode = 0;   ///< Permission bits with setuid, setgid, sticky.
  std::uint32_t uid = 0, gid = 0;
  std::int64_t size = 0;   ///< Content bytes, zeros of a sparse file too; 0 unless a File.
  bool is_sparse = false;  ///< The archive holds the content without some of its zeros.
  timespec modified{};
  std::uint32_t major = 0, minor = 0;
  std::vector<std::pair<std::string, std::string>> xattrs;  ///< SCHILY.xattr.*, as in the archive.
};

/// Limits on what an archive may ask for; an archive is hostile input.
struct TarLimits {
  std::int64_t entries = 4'000'000;
  std::size_t path = 4'095;       ///< Bytes of a path or a link target: the kernel's PATH_MAX without the 0.
  std::size_t header = 1u << 20;  ///< Bytes of one pax or GNU long name header.
  std::size_t xattrs = 128;       ///< Of one entry.
  std::size_t xattr_value = 64 << 10;  ///< Bytes: the kernel's XATTR_SIZE_MAX.
  /// Of a sparse file: holes cost an archive nothing, and whoever reads the file later much.
  std::int64_t sparse_size = std::int64_t{1} << 40;
  std::size_t sparse_parts = 1'000'000;
};

}  // namespace runtime::image
