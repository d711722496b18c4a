// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/archive_file.h"

#include <sys/stat.h>

#include <fmt/format.h>

#include "base/split.h"
#include "runtime/image/decompress.h"
#include "runtime/image/layer_unpacker.h"
#include "runtime/image/tar_reader.h"
#include "sys/file.h"
#include "sys/path_at.h"

namespace runtime::image {
namespace {

constexpr int kMostLinks = 8;

/// Unpacks everything behind `input` into a temporary file; its size.
base::Result<std::int64_t> spool(SniffedChunks& input, Compression compression, int target) {
  const auto decoder = TRY(make_decompressor(compression, input));
  BufferedChunks chunks(*decoder);
  std::int64_t size = 0;
  while (true) {
    const std::string_view data = TRY(chunks.next());
    if (data.empty()) return size;
    TRY_WHILE(sys::write_all(target, data), "keeping the archive in a temporary file");
    size += std::ssize(data);
  }
}

/// A symbolic link's target inside the archive, as a member's path.
base::Result<std::string> resolve(const std::string& from, const std::string& target) {
  if (target.starts_with('/')) return clean_member_path(target);
  std::vector<std::string> parts = base::split(from, '/');
  parts.pop_back();
  for (const std::string& part : base::split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    } else {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("the archive's link \"{}\" leads out of it", from));
    }
  }
  return clean_member_path(base::join(parts, "/"));
}

}  // namespace

base::Result<ArchiveFile> ArchiveFile::open(int fd, const std::string& scratch) {
  ArchiveFile out;
  out.fd_ = fd;
  const struct stat status = TRY(sys::stat_fd(fd));
  std::int64_t start = 0, end = status.st_size;
  bool in_place = false;
  if (S_ISREG(status.st_mode)) {
    start = TRY(sys::position_of(fd));
    std::string first(kSniffLength, '\0');
    first.resize(TRY(sys::read_some_at(fd, first, start)));
    in_place = sniff_compression(first) == Compression::None;
  }
  if (!in_place) {
    FdChunks input(fd);
    SniffedChunks sniffed(input);
    const Compression compression = TRY(sniffed.sniff());
    TRY(sys::make_directories(scratch, 0700));
    out.spooled_ = TRY(sys::make_unnamed_file(scratch));
    start = 0;
    end = TRY(spool(sniffed, compression, out.spooled_.value()));
    out.fd_ = out.spooled_.value();
  }
  TRY_WHILE(out.read_index(start, end), "reading the image archive");
  return out;
}

base::Result<> ArchiveFile::read_index(std::int64_t start, std::int64_t end) {
  FileChunks chunks(fd_, start, end - start);
  TarLimits limits;
  limits.entries = kMostArchiveMembers;
  TarReader reader(chunks, limits);
  while (true) {
    const auto entry = TRY(reader.next());
    if (!entry) return {};
    const std::string path = TRY(clean_member_path(entry->path));
    Part part;
    if (entry->is_sparse) {
      return base::fail(base::ErrorClass::Unsupported,
                        fmt::format("the archive's \"{}\" is a sparse file", path));
    }
    if (entry->type == TarType::File) {
      part.offset = start + reader.position();
      part.size = entry->size;
    } else if (entry->type == TarType::SymbolicLink) {
      part.link = TRY(resolve(path, entry->link_target));
    } else if (entry->type == TarType::HardLink) {
      part.link = TRY(clean_member_path(entry->link_target));
    } else {
      continue;
    }
    // A second member of one name could be read by one reader and not by another.
    if (!parts_.emplace(path, part).second) {
      return base::fail(base::ErrorClass::Invalid, fmt::format("the archive has two members \"{}\"", path));
    }
  }
}

base::Result<ArchiveFile::Part> ArchiveFile::find(const std::string& path) const {
  std::string at = TRY(clean_member_path(path));
  for (int i = 0; i <= kMostLinks; ++i) {
    const auto found = parts_.find(at);
    if (found == parts_.end()) {
      return base::fail(base::ErrorClass::NotFound, fmt::format("the archive has no member \"{}\"", path));
    }
    if (found->second.link.empty()) return found->second;
    at = found->second.link;
  }
  return base::fail(base::ErrorClass::Invalid,
                    fmt::format("the archive's link \"{}\" goes in a circle", path));
}

bool ArchiveFile::contains(const std::string& path) const { return find(path).has_value(); }

base::Result<FileChunks> ArchiveFile::chunks(const std::string& path) const {
  const Part part = TRY(find(path));
  return FileChunks(fd_, part.offset, part.size);
}

base::Result<std::int64_t> ArchiveFile::size(const std::string& path) const { return TRY(find(path)).size; }

base::Result<std::string> ArchiveFile::read(const std::string& path, std::size_t limit) const {
  const Part part = TRY(find(path));
  if (part.size > static_cast<std::int64_t>(limit)) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("the archive's \"{}\" is larger than {} bytes", path, limit));
  }
  FileChunks source(fd_, part.offset, part.size);
  std::string out;
  while (true) {
    const std::string_view data = TRY(source.next());
    if (data.empty()) break;
    out += data;
  }
  if (std::ssize(out) != part.size) {
    return base::fail(base::ErrorClass::Invalid, fmt::format("the archive ends inside \"{}\"", path));
  }
  return out;
}

}  // namespace runtime::image
