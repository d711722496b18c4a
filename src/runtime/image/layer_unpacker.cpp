// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/layer_unpacker.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include <fmt/format.h>

#include "base/split.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/path_at.h"
#include "sys/xattr.h"

namespace runtime::image {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kUnionMetadata = ".wh..wh.";
constexpr const char* kOpaqueXattr = "trusted.overlay.opaque";
constexpr std::size_t kOpenParents = 64;
constexpr int kMostLinks = 40;  ///< As the kernel's own limit on links in one path.

tl::unexpected<base::Error> invalid(std::string message) {
  return base::fail(base::ErrorClass::Invalid, std::move(message));
}

std::pair<std::string, std::string> split_parent(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

/// What aufs kept beside a layer's files: no part of the layer, wherever it stands in the path.
bool is_union_metadata(std::string_view path) {
  for (std::size_t at = 0; at != std::string_view::npos; at = path.find('/', at)) {
    if (at != 0) ++at;
    const std::string_view rest = path.substr(at);
    if (rest.starts_with(kUnionMetadata) && rest != kOpaque) return true;
  }
  return false;
}

bool is_whiteout_node(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == 0; }

}  // namespace

bool is_layer_xattr(std::string_view name) {
  if (name == "security.capability") return true;
  if (name == "system.posix_acl_access" || name == "system.posix_acl_default") return true;
  return name.starts_with("user.") && !name.starts_with("user.overlay.");
}

base::Result<std::string> clean_member_path(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return invalid("a layer's name holds a NUL");
  std::string out;
  std::string_view rest = path;
  while (!rest.empty()) {
    const auto slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..")
      return invalid(fmt::format("the layer's name \"{}\" leads upwards", path.substr(0, 200)));
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

base::Result<> LayerUnpacker::add(const TarEntry& entry, TarReader& reader) {
  ++stats_.entries;
  const std::string path = TRY(clean_member_path(entry.path));
  if (path.empty()) return add_root(entry);
  if (is_union_metadata(path)) return {};
  const Place place = TRY_WHILE(find_place(path), fmt::format("unpacking \"{}\"", path));
  const auto added = [&]() -> base::Result<> {
    if (place.name.starts_with(kWhiteout) && TRY(add_whiteout(place))) return {};
    switch (entry.type) {
      case TarType::Folder: return add_folder(place, entry);
      case TarType::File: return add_file(place, entry, reader);
      case TarType::HardLink: return add_hard_link(place, entry);
      default: return add_other(place, entry);
    }
  }();
  TRY_WHILE(added, fmt::format("unpacking \"{}\"", path));
  return {};
}

base::Result<LayerUnpacker::Place> LayerUnpacker::find_place(const std::string& path) {
  auto [parent, name] = split_parent(path);
  return Place{TRY(open_parent(parent)), std::move(name), path};
}

base::Result<int> LayerUnpacker::open_parent(const std::string& path) {
  if (path.empty()) return root_;
  const auto known = parents_.find(path);
  if (known != parents_.end()) return known->second.value();
  if (parents_.size() >= kOpenParents) parents_.clear();
  sys::UniqueFd fd = TRY(make_folder_chain(path, 0));
  return parents_.emplace(path, std::move(fd)).first->second.value();
}

/// Opens a folder inside the root, making what is missing on the way. `depth` counts links followed.
base::Result<sys::UniqueFd> LayerUnpacker::make_folder_chain(const std::string& path, int depth) {
  auto opened = sys::open_in_root(root_, path, O_PATH | O_DIRECTORY);
  if (opened || opened.error().errno_value != ENOENT) return opened;
  const auto [parent_path, name] = split_parent(path);
  const sys::UniqueFd parent = parent_path.empty() ? TRY(sys::open_in_root(root_, ".", O_PATH | O_DIRECTORY))
                                                   : TRY(make_folder_chain(parent_path, depth));
  TRY(make_one_folder(parent.value(), name, path, depth));
  return sys::open_in_root(root_, path, O_PATH | O_DIRECTORY);
}

base::Result<> LayerUnpacker::make_one_folder(int parent, const std::string& name, const std::string& path,
                                              int depth) {
  const auto made = sys::make_directory_at(parent, name, 0755);
  if (made) {
    implied_[path] = true;
    return {};
  }
  const auto status = TRY(sys::stat_at(parent, name));
  if (!status || !S_ISLNK(status->st_mode)) return made;
  // A link to a place that only a lower layer has: make that place here, so that the two meet.
  if (depth >= kMostLinks) return invalid(fmt::format("too many links on the way to \"{}\"", path));
  const std::string target = TRY(sys::read_link_at(parent, name));
  std::vector<std::string> parts;
  const std::string joined = target.starts_with('/') ? target : split_parent(path).first + "/" + target;
  for (const std::string& part : base::split(joined, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  if (parts.empty()) return made;
  TRY(make_folder_chain(base::join(parts, "/"), depth + 1));
  return {};
}

base::Result<> LayerUnpacker::add_root(const TarEntry& entry) {
  if (entry.type != TarType::Folder) return invalid("the layer's root is no folder");
  const sys::UniqueFd root = TRY(sys::open_at(root_, ".", O_RDONLY | O_DIRECTORY));
  TRY(sys::set_owner(root.value(), {entry.uid, entry.gid}));
  TRY(sys::set_mode(root.value(), entry.mode));
  TRY(set_xattrs(root.value(), entry));
  folder_times_["."] = entry.modified;
  return {};
}

/// True when the member was a whiteout and is dealt with.
base::Result<bool> LayerUnpacker::add_whiteout(const Place& place) {
  if (place.name == kOpaque) {
    const sys::UniqueFd folder = TRY(sys::open_at(place.folder, ".", O_RDONLY | O_DIRECTORY));
    TRY(sys::set_xattr(folder.value(), kOpaqueXattr, "y"));
    return true;
  }
  const std::string name = place.name.substr(kWhiteout.size());
  if (name.empty() || name == "." || name == "..") {
    return invalid(fmt::format("\"{}\" is no whiteout of a name", place.name));
  }
  const auto there = TRY(sys::stat_at(place.folder, name));
  if (!there) {
    TRY(sys::make_node_at(place.folder, name, S_IFCHR, 0, 0));
  } else if (S_ISDIR(there->st_mode)) {
    // Only what lower layers have is meant: this layer's own content of that name stays.
    const sys::UniqueFd folder = TRY(sys::open_at(place.folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    TRY(sys::set_xattr(folder.value(), kOpaqueXattr, "y"));
  }
  return true;
}

/// Removes what is in the way; open folders beneath it are forgotten.
base::Result<> LayerUnpacker::clear(const Place& place) {
  const int saved = place.folder;
  // Content that was already taken for a file is gone with it.
  if (skeleton_ != nullptr) skeleton_->spoil();
  if (in_the_way_ == FolderInTheWay::Replace) {
    TRY(sys::remove_at(saved, place.name));
  } else if (auto removed = sys::remove_one_at(saved, place.name); !removed) {
    if (removed.error().errno_value != ENOTEMPTY) return removed;
    return base::fail(base::make_error(base::ErrorClass::Conflict,
                                       fmt::format("the folder {} is in the way, and not empty", place.path))
                          .with_hint("name an empty folder, or move it away"));
  }
  std::erase_if(parents_, [&](const auto& parent) { return parent.second.value() != saved; });
  return {};
}

base::Result<> LayerUnpacker::add_folder(const Place& place, const TarEntry& entry) {
  auto made = sys::make_directory_at(place.folder, place.name, 0700);
  bool hides_lower = false;
  if (!made) {
    const auto there = TRY(sys::stat_at(place.folder, place.name));
    if (!there) return made;
    if (!S_ISDIR(there->st_mode)) {
      hides_lower = is_whiteout_node(*there);
      TRY(clear(place));
      TRY(sys::make_directory_at(place.folder, place.name, 0700));
    }
  }
  implied_.erase(place.path);
  const sys::UniqueFd folder =
      TRY(sys::open_at(place.folder, place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  TRY(sys::set_owner(folder.value(), {entry.uid, entry.gid}));
  TRY(sys::set_mode(folder.value(), entry.mode));
  TRY(set_xattrs(folder.value(), entry));
  if (hides_lower) TRY(sys::set_xattr(folder.value(), kOpaqueXattr, "y"));
  folder_times_[place.path] = entry.modified;
  return {};
}

base::Result<> LayerUnpacker::write_content(int file, const TarEntry& entry, TarReader& reader) {
  while (true) {
    if (const std::int64_t hole = reader.skip_hole(); hole > 0) TRY(sys::skip_ahead(file, hole));
    const std::string_view data = TRY(reader.read());
    if (data.empty()) break;
    TRY(sys::write_all(file, data));
  }
  return entry.is_sparse ? sys::truncate_file(file, static_cast<std::uint64_t>(entry.size))
                         : base::Result<>();
}

base::Result<> LayerUnpacker::add_file(const Place& place, const TarEntry& entry, TarReader& reader) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  // Most files are root's: what open(2) gives them already need not be given again.
  const std::uint32_t first_mode = entry.uid == 0 && entry.gid == 0 ? entry.mode & 0777 : 0600;
  auto opened = sys::open_at(place.folder, place.name, kFlags, first_mode);
  if (!opened && opened.error().errno_value == EEXIST) {
    TRY(clear(place));
    opened = sys::open_at(place.folder, place.name, kFlags, first_mode);
  }
  const sys::UniqueFd file = TRY(std::move(opened));
  // What the archive holds of a sparse file is in the skeleton: its pieces cannot be told from zeros later.
  if (skeleton_ != nullptr && !entry.is_sparse) TRY(skeleton_->file(place.path, entry.size));
  TRY(write_content(file.value(), entry, reader));
  stats_.bytes += entry.size;
  const struct stat made = TRY(sys::stat_fd(file.value()));
  const bool owned = made.st_uid == entry.uid && made.st_gid == entry.gid;
  // Owner before mode: chown(2) takes setuid away. Attributes before times: capabilities go with a chown.
  if (!owned) TRY(sys::set_owner(file.value(), {entry.uid, entry.gid}));
  if (!owned || (made.st_mode & 07777) != entry.mode) TRY(sys::set_mode(file.value(), entry.mode));
  TRY(set_xattrs(file.value(), entry));
  return sys::set_time(file.value(), entry.modified);
}

base::Result<> LayerUnpacker::add_hard_link(const Place& place, const TarEntry& entry) {
  const std::string target = TRY(clean_member_path(entry.link_target));
  if (target.empty()) return invalid("a hard link to the layer's root");
  const auto [parent, name] = split_parent(target);
  const auto missing = [&] {
    return invalid(fmt::format("the hard link's target \"{}\" is not in the layer", target));
  };
  auto folder = sys::open_in_root(root_, parent.empty() ? "." : parent, O_PATH | O_DIRECTORY);
  if (!folder) return missing();
  const auto status = TRY(sys::stat_at(folder->value(), name));
  if (!status) return missing();
  if (S_ISDIR(status->st_mode))
    return invalid(fmt::format("the hard link's target \"{}\" is a folder", target));
  auto linked = sys::make_link_at(folder->value(), name, place.folder, place.name);
  if (linked || linked.error().errno_value != EEXIST) return linked;
  const auto there = TRY(sys::stat_at(place.folder, place.name));
  // A link to itself, or one that is there already.
  if (there && there->st_dev == status->st_dev && there->st_ino == status->st_ino) return {};
  TRY(clear(place));
  return sys::make_link_at(folder->value(), name, place.folder, place.name);
}

base::Result<> LayerUnpacker::add_other(const Place& place, const TarEntry& entry) {
  const auto make = [&]() -> base::Result<> {
    switch (entry.type) {
      case TarType::SymbolicLink: return sys::make_symlink_at(place.folder, place.name, entry.link_target);
      case TarType::CharacterDevice:
        return sys::make_node_at(place.folder, place.name, S_IFCHR, entry.major, entry.minor);
      case TarType::BlockDevice:
        return sys::make_node_at(place.folder, place.name, S_IFBLK, entry.major, entry.minor);
      default: return sys::make_node_at(place.folder, place.name, S_IFIFO);
    }
  };
  auto made = make();
  if (!made && made.error().errno_value == EEXIST) {
    TRY(clear(place));
    made = make();
  }
  TRY(std::move(made));
  TRY(sys::set_owner_at(place.folder, place.name, {entry.uid, entry.gid}));
  if (entry.type != TarType::SymbolicLink) TRY(sys::set_mode_at(place.folder, place.name, entry.mode));
  return sys::set_time_at(place.folder, place.name, entry.modified);
}

base::Result<> LayerUnpacker::set_xattrs(int fd, const TarEntry& entry) {
  for (const auto& [name, value] : entry.xattrs) {
    if (!is_layer_xattr(name)) {
      ++stats_.dropped_xattrs;
      continue;
    }
    const auto set = sys::set_xattr(fd, name, value);
    if (set) continue;
    // A file system without user attributes or ACLs still holds a usable image.
    if (set.error().errno_value != EOPNOTSUPP) return set;
    ++stats_.dropped_xattrs;
  }
  return {};
}

base::Result<UnpackStats> LayerUnpacker::finish() {
  parents_.clear();
  for (const auto& [path, time] : folder_times_) {
    // What is no folder any more was replaced by a later member.
    const auto folder = sys::open_in_root(root_, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (folder) TRY(sys::set_time(folder->value(), time));
  }
  for (const auto& [path, implied] : implied_) stats_.implied_folders.push_back(path);
  return std::move(stats_);
}

base::Result<UnpackStats> unpack_tar(ChunkSource& input, int root, SkeletonWriter* skeleton,
                                     TarLimits limits) {
  TarReader reader(input, limits);
  if (skeleton != nullptr)
    reader.set_recorder([skeleton](std::string_view raw) { return skeleton->raw(raw); });
  LayerUnpacker unpacker(root, skeleton);
  while (true) {
    const auto entry = TRY(reader.next());
    if (!entry) break;
    TRY(unpacker.add(*entry, reader));
  }
  TRY(reader.drain());
  return unpacker.finish();
}

base::Result<> adopt_folders(int root, const std::vector<std::string>& implied,
                             const std::vector<std::string>& lower) {
  for (const std::string& path : implied) {
    const auto folder = sys::open_beneath(root, path, O_RDONLY | O_DIRECTORY);
    if (!folder) continue;
    for (const std::string& layer : lower) {
      const sys::UniqueFd lower_root = TRY(sys::open_file(layer, O_RDONLY | O_DIRECTORY));
      const auto model = sys::open_beneath(lower_root.value(), path, O_RDONLY | O_DIRECTORY);
      if (!model) continue;
      const struct stat status = TRY(sys::stat_fd(model->value()));
      TRY(sys::set_owner(folder->value(), {status.st_uid, status.st_gid}));
      TRY(sys::set_mode(folder->value(), status.st_mode & 07777));
      for (const auto& [name, value] : TRY(sys::list_xattrs(model->value()))) {
        if (is_layer_xattr(name)) TRY(sys::set_xattr(folder->value(), name, value));
      }
      TRY(sys::set_time(folder->value(), status.st_mtim));
      break;
    }
  }
  return {};
}

}  // namespace runtime::image
