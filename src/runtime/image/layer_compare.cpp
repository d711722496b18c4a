// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/layer_compare.h"

#include <fcntl.h>

#include <map>

#include <fmt/format.h>

#include "runtime/image/layer_unpacker.h"
#include "runtime/image/tar_reader.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/path_at.h"

namespace runtime::image {
namespace {

class Comparison {
 public:
  explicit Comparison(int root) : root_(root) {}

  base::Result<> compare(const TarEntry& entry, TarReader& reader) {
    const std::string path = TRY(clean_member_path(entry.path));
    const auto slash = path.rfind('/');
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    // Whiteouts have taken another form.
    if (path.empty() || name.starts_with(".wh.")) return {};
    const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash);
    const auto folder = sys::open_in_root(root_, parent, O_PATH | O_DIRECTORY);
    if (!folder) {
      faults_[{0, path}] = fmt::format("\"{}\" is lost", path);
      return {};
    }
    // Links make several paths of one name: the folder's inode tells.
    std::string& fault = faults_[{TRY(sys::stat_fd(folder->value())).st_ino, name}];
    const std::string why = TRY(difference(folder->value(), name, entry, reader));
    fault = why.empty() ? "" : fmt::format("\"{}\" {}", path, why);
    return {};
  }

  std::string first_fault() const {
    for (const auto& [place, fault] : faults_) {
      if (!fault.empty()) return fault;
    }
    return "";
  }

 private:
  base::Result<std::string> difference(int folder, const std::string& name, const TarEntry& entry,
                                       TarReader& reader) {
    const auto there = TRY(sys::stat_at(folder, name));
    if (!there) return std::string("is lost");
    const bool same_type = entry.type == TarType::Folder         ? S_ISDIR(there->st_mode)
                           : entry.type == TarType::File         ? S_ISREG(there->st_mode)
                           : entry.type == TarType::SymbolicLink ? S_ISLNK(there->st_mode)
                                                                 : true;
    if (!same_type) return std::string("is of another type");
    if (entry.type == TarType::SymbolicLink) {
      const bool same = TRY(sys::read_link_at(folder, name)) == entry.link_target;
      return same ? std::string() : std::string("leads elsewhere");
    }
    if (entry.type != TarType::File) return std::string();
    if (there->st_size != entry.size) return fmt::format("has {} bytes, not {}", there->st_size, entry.size);
    const sys::UniqueFd file = TRY(sys::open_at(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    return compare_content(file.value(), reader);
  }

  base::Result<std::string> compare_content(int file, TarReader& reader) {
    for (std::uint64_t offset = 0;;) {
      const std::string_view data = TRY(reader.read());
      if (data.empty()) return std::string();
      buffer_.resize(std::max(buffer_.size(), data.size()));
      const std::size_t count = TRY(sys::read_at(file, std::span(buffer_.data(), data.size()), offset));
      if (std::string_view(buffer_.data(), count) != data) return std::string("has other content");
      offset += count;
    }
  }

  int root_;
  std::string buffer_;
  std::map<std::pair<std::uint64_t, std::string>, std::string> faults_;  ///< By folder and name; "" none.
};

}  // namespace

base::Result<std::string> find_difference(ChunkSource& tar, int root) {
  TarReader reader(tar);
  Comparison comparison(root);
  while (const auto entry = TRY(reader.next())) TRY(comparison.compare(*entry, reader));
  return comparison.first_fault();
}

}  // namespace runtime::image
