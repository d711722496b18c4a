// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/local_archive.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "runtime/build/copy_plan.h"
#include "runtime/image/decompress.h"
#include "runtime/image/layer_unpacker.h"
#include "runtime/image/tar_reader.h"
#include "sys/file.h"
#include "sys/file_data.h"
#include "sys/path_at.h"

namespace runtime::build {
namespace {

base::Result<sys::UniqueFd> open_entry(const SourceTree& tree, const SourceEntry& entry) {
  return sys::open_beneath(tree.tree.layer_fd(entry.layer), entry.path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
}

/// A tar as a stream of its own bytes, whatever it is compressed with.
struct ArchiveStream {
  explicit ArchiveStream(int fd) : file(fd), sniffed(file) {}

  base::Result<> start() {
    const image::Compression compression = TRY(sniffed.sniff());
    decoder = TRY(image::make_decompressor(compression, sniffed));
    chunks = std::make_unique<image::BufferedChunks>(*decoder);
    return {};
  }

  image::FdChunks file;
  image::SniffedChunks sniffed;
  std::unique_ptr<image::ByteSource> decoder;
  std::unique_ptr<image::BufferedChunks> chunks;
};

/// Reads the first member: a file that has none is not an archive. One that begins with a member of a kind
/// that is not supported is one, or it would be copied as it is without a word.
bool has_member(int fd) {
  ArchiveStream stream(fd);
  if (!stream.start()) return false;
  image::TarReader reader(*stream.chunks);
  const auto first = reader.next();
  return first ? first->has_value() : reader.saw_header();
}

base::Result<bool> is_archive(const SourceTree& tree, const SourceEntry& entry) {
  if (!entry.facts.is_file() || entry.facts.size < static_cast<std::int64_t>(image::kSniffLength))
    return false;
  return has_member(TRY(open_entry(tree, entry)).value());
}

/// --chown counts more than what the archive says. What is in the layer's folder came from this instruction,
/// but for folders that were only passed through.
base::Result<> own_all(int folder, const std::string& path, sys::Ownership owner,
                       const std::set<std::string>& passed) {
  sys::UniqueFd listed = TRY(sys::open_at(folder, ".", O_RDONLY | O_DIRECTORY));
  for (const std::string& name : TRY(sys::read_names(std::move(listed), "."))) {
    const auto status = TRY(sys::stat_at(folder, name));
    if (!status) continue;
    const std::string below_path = path.empty() ? name : path + "/" + name;
    if (!passed.contains(below_path)) {
      TRY(sys::set_owner_at(folder, name, owner));
      // Changing the owner takes the set-user-ID bits away.
      if (!S_ISLNK(status->st_mode)) TRY(sys::set_mode_at(folder, name, status->st_mode & 07777));
    }
    if (!S_ISDIR(status->st_mode)) continue;
    const sys::UniqueFd below = TRY(sys::open_at(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    TRY(own_all(below.value(), below_path, owner, passed));
  }
  return {};
}

/// Where members of an archive belong in the image: its folders and links count though the layer being made
/// does not have them yet, as if the archive was unpacked over the whole root.
class MemberPlaces {
 public:
  /// `root` is where the archive is unpacked; it exists in the layer.
  MemberPlaces(LayerWriter& writer, const TreeNode& root)
      : writer_(writer), root_(root), prefix_(root.path.empty() ? 0 : root.path.size() + 1) {}

  /// Gives the member paths without links, relative to the root. The folders on the way are in the layer
  /// then.
  base::Result<> place(image::TarEntry& entry) {
    entry.path = TRY(find(entry.path));
    if (entry.type == image::TarType::HardLink) entry.link_target = TRY(find(entry.link_target));
    if (entry.type == image::TarType::Folder) passed_.erase(entry.path);
    // What was a way to somewhere else may be none from now on, and the other way round.
    if (entry.type != image::TarType::File) parents_.clear();
    return {};
  }
  /// Folders of the image that members lie in, and that are no members themselves.
  const std::set<std::string>& passed() const { return passed_; }

 private:
  base::Result<std::string> find(const std::string& name) {
    const std::string path = TRY(image::clean_member_path(name));
    if (path.empty()) return std::string(".");
    const auto slash = path.find_last_of('/');
    if (slash == std::string::npos) return path;
    return TRY(find_parent(path.substr(0, slash))) + path.substr(slash);
  }

  base::Result<std::string> find_parent(const std::string& parent) {
    const auto known = parents_.find(parent);
    if (known != parents_.end()) return known->second;
    const Resolution found = TRY(writer_.tree().resolve_beneath(root_, parent));
    if (found.node && !found.node->is_folder())
      return base::fail(base::ErrorClass::Invalid, fmt::format("/{} is not a folder", found.path()));
    TRY(note_passed(found.node ? found.node->path : found.folder.path));
    TRY(writer_.make_folders(found.path(), {.owner = {}, .mode = 0755, .modified = writer_.now()}));
    // "." where links lead back to the root itself.
    return parents_[parent] = found.path().size() < prefix_ ? "." : found.path().substr(prefix_);
  }

  base::Result<> note_passed(const std::string& folder) {
    for (std::size_t end = prefix_; end < folder.size();) {
      end = std::min(folder.find('/', end), folder.size());
      const auto there = TRY(sys::stat_at(writer_.upper_fd(), folder.substr(0, end)));
      if (!there) passed_.insert(folder.substr(prefix_, end - prefix_));
      ++end;
    }
    return {};
  }

  LayerWriter& writer_;
  const TreeNode& root_;
  std::size_t prefix_;                          ///< Bytes of the root's path, with the slash.
  std::map<std::string, std::string> parents_;  ///< By the path the archive gives.
  std::set<std::string> passed_;
};

base::Result<> unpack_members(image::ChunkSource& chunks, int folder, MemberPlaces& places) {
  image::TarReader reader(chunks);
  image::LayerUnpacker unpacker(folder);
  while (true) {
    auto entry = TRY(reader.next());
    if (!entry) break;
    TRY(places.place(*entry));
    TRY(unpacker.add(*entry, reader));
  }
  TRY(reader.drain());
  TRY(unpacker.finish());
  return {};
}

}  // namespace

base::Result<bool> unpack_local_archive(const SourceTree& tree, const ScannedSource& source,
                                        const CopyTarget& target, LayerWriter& writer) {
  const SourceEntry& entry = source.entries.front();
  if (!TRY(is_archive(tree, entry))) return false;
  const Resolution found = TRY(writer.tree().resolve(target.path));
  if (found.node && !found.node->is_folder()) {
    return base::fail(
        base::ErrorClass::Invalid,
        fmt::format("/{} is not a folder: '{}' cannot be unpacked there", found.path(), source.path));
  }
  TRY(writer.make_folders(
      found.path(),
      {.owner = target.owner.value_or(sys::Ownership{}), .mode = 0755, .modified = writer.now()}));
  const std::string folder = found.path().empty() ? "." : found.path();
  const sys::UniqueFd root = TRY(sys::open_beneath(writer.upper_fd(), folder, O_RDONLY | O_DIRECTORY));
  const sys::UniqueFd fd = TRY(open_entry(tree, entry));
  ArchiveStream stream(fd.value());
  TRY(stream.start());
  const FileFacts before = FileFacts::from(TRY(sys::stat_fd(root.value())));
  const Resolution made = TRY(writer.tree().resolve(target.path));
  MemberPlaces places(writer, *made.node);
  TRY_WHILE(unpack_members(*stream.chunks, root.value(), places), fmt::format("unpacking '{}'", source.path));
  // An entry "./" speaks of the folder that was packed, not of the one it is unpacked in.
  TRY(sys::set_owner(root.value(), {before.uid, before.gid}));
  TRY(sys::set_mode(root.value(), before.mode & 07777));
  if (target.owner) TRY(own_all(root.value(), "", *target.owner, places.passed()));
  return true;
}

base::Result<bool> unpack_archive(const std::string& file, const std::string& target) {
  if (!has_member(TRY(sys::open_file(file, O_RDONLY)).value())) return false;
  TRY(sys::make_directories(target, 0755));
  const sys::UniqueFd root = TRY(sys::open_file(target, O_RDONLY | O_DIRECTORY));
  const sys::UniqueFd fd = TRY(sys::open_file(file, O_RDONLY));
  ArchiveStream stream(fd.value());
  TRY(stream.start());
  TRY(image::unpack_tar(*stream.chunks, root.value()));
  return true;
}

}  // namespace runtime::build
