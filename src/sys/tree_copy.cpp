// SPDX-License-Identifier: Apache-2.0
#include "sys/tree_copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path_at.h"
#include "sys/xattr.h"

namespace sys {
namespace {

using Inode = std::pair<dev_t, ino_t>;
using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

constexpr std::string_view kOpaque = "trusted.overlay.opaque";

tl::unexpected<base::Error> failed(std::string call) {
  const int saved = errno;
  return base::fail(base::make_errno_error(call, saved));
}

base::Result<Folder> read_folder(int folder, const std::string& name) {
  UniqueFd fd = TRY(open_at(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  DIR* stream = ::fdopendir(fd.value());
  if (stream == nullptr) return failed(fmt::format("fdopendir(\"{}\")", name));
  fd.release();
  return Folder(stream, ::closedir);
}

bool is_whiteout(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == 0; }

timespec modified(const struct stat& status) { return status.st_mtim; }

class Copier {
 public:
  explicit Copier(Whiteouts whiteouts) : whiteouts_(whiteouts) {}

  base::Result<> copy_entries(int from, int to) {
    const Folder stream = TRY(read_folder(from, "."));
    const int at = ::dirfd(stream.get());
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      TRY_WHILE(copy_entry(at, to, name), fmt::format("copying \"{}\"", name));
    }
    return {};
  }

 private:
  base::Result<> copy_entry(int from, int to, const std::string& name) {
    const auto found = TRY(stat_at(from, name));
    if (!found) return {};
    const struct stat& status = *found;
    if (whiteouts_ == Whiteouts::Apply && is_whiteout(status)) return remove_at(to, name);
    if (S_ISDIR(status.st_mode)) return copy_folder(from, to, name, status);
    TRY(remove_at(to, name));
    const Inode inode{status.st_dev, status.st_ino};
    if (status.st_nlink > 1) {
      const auto first = links_.find(inode);
      if (first != links_.end()) return make_link_at(first->second.first, first->second.second, to, name);
    }
    if (S_ISREG(status.st_mode)) {
      TRY(copy_file(from, to, name));
    } else if (S_ISLNK(status.st_mode)) {
      TRY(make_symlink_at(to, name, TRY(read_link_at(from, name))));
    } else {
      TRY(make_node_at(to, name, status.st_mode, major(status.st_rdev), minor(status.st_rdev)));
    }
    if (status.st_nlink > 1) TRY(remember_link(inode, to, name));
    return copy_metadata(from, to, name, status);
  }

  base::Result<> remember_link(const Inode& inode, int to, const std::string& name) {
    // Kept open: the folder may be renamed by nobody, but its path is not known here.
    held_.push_back(TRY(open_at(to, ".", O_RDONLY | O_DIRECTORY)));
    links_[inode] = {held_.back().value(), name};
    return {};
  }

  base::Result<> copy_folder(int from, int to, const std::string& name, const struct stat& status) {
    const UniqueFd source = TRY(open_at(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    const bool opaque =
        whiteouts_ == Whiteouts::Apply && TRY(read_xattr(source.value(), std::string(kOpaque))) == "y";
    const auto there = TRY(stat_at(to, name));
    const bool merge = there && S_ISDIR(there->st_mode) && !opaque;
    if (!merge) {
      TRY(remove_at(to, name));
      TRY(make_directory_at(to, name, 0700));
    }
    const UniqueFd target = TRY(open_at(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    TRY(copy_entries(source.value(), target.value()));
    return copy_metadata(from, to, name, status);
  }

  base::Result<> copy_file(int from, int to, const std::string& name) {
    const UniqueFd source = TRY(open_at(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    const UniqueFd target = TRY(open_at(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    constexpr std::size_t kPiece = std::size_t{1} << 30;
    while (true) {
      const ssize_t count = ::copy_file_range(source.value(), nullptr, target.value(), nullptr, kPiece, 0);
      if (count == 0) return {};
      if (count < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS)) break;
      if (count < 0 && errno != EINTR) return failed(fmt::format("copy_file_range(\"{}\")", name));
    }
    std::string buffer(256 * 1024, '\0');
    while (true) {
      const ssize_t count = ::read(source.value(), buffer.data(), buffer.size());
      if (count == 0) return {};
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed(fmt::format("read(\"{}\")", name));
      TRY(write_all(target.value(), std::string_view(buffer.data(), static_cast<std::size_t>(count))));
    }
  }

  base::Result<> copy_metadata(int from, int to, const std::string& name, const struct stat& status) {
    TRY(set_owner_at(to, name, {status.st_uid, status.st_gid}));
    if (!S_ISLNK(status.st_mode)) TRY(set_mode_at(to, name, status.st_mode & 07777));
    for (const auto& [key, value] : TRY(list_xattrs_at(from, name))) {
      if (whiteouts_ == Whiteouts::Apply && key.starts_with("trusted.overlay.")) continue;
      TRY(set_xattr_at(to, name, key, value));
    }
    return set_time_at(to, name, modified(status));
  }

  Whiteouts whiteouts_;
  std::map<Inode, std::pair<int, std::string>> links_;
  std::vector<UniqueFd> held_;
};

base::Result<> measure(int folder, TreeUsage& usage, std::set<Inode>& linked) {
  const Folder stream = TRY(read_folder(folder, "."));
  const int at = ::dirfd(stream.get());
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const auto status = TRY(stat_at(at, name));
    if (!status) continue;
    ++usage.entries;
    if (S_ISREG(status->st_mode)) usage.content += status->st_size;
    const bool counted = status->st_nlink > 1 && !S_ISDIR(status->st_mode) &&
                         !linked.insert({status->st_dev, status->st_ino}).second;
    constexpr std::int64_t kBlock = 512;
    if (!counted) usage.bytes += status->st_blocks * kBlock;
    if (!S_ISDIR(status->st_mode)) continue;
    const UniqueFd child = TRY(open_at(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    TRY(measure(child.value(), usage, linked));
  }
  return {};
}

}  // namespace

base::Result<> copy_tree(int from, int to, Whiteouts whiteouts) {
  return Copier(whiteouts).copy_entries(from, to);
}

base::Result<TreeUsage> measure_tree(int folder) {
  TreeUsage usage;
  std::set<Inode> linked;
  TRY(measure(folder, usage, linked));
  return usage;
}

}  // namespace sys
