// SPDX-License-Identifier: Apache-2.0
#include "runtime/image/layer_tar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <map>

#include <fmt/format.h>

#include "runtime/image/layer_unpacker.h"
#include "sys/file.h"
#include "sys/path_at.h"
#include "sys/xattr.h"

namespace runtime::image {
namespace {

constexpr const char* kOpaqueXattr = "trusted.overlay.opaque";

class LayerWalk {
 public:
  explicit LayerWalk(TarWriter& writer) : writer_(writer), buffer_(256 * 1024, '\0') {}

  base::Result<> write_folder(int folder, const std::string& prefix) {
    for (const std::string& name : TRY(sys::list_directory_at(folder))) {
      TRY_WHILE(write_entry(folder, name, prefix + name), fmt::format("packing \"{}\"", prefix + name));
    }
    return {};
  }

  base::Result<> write_opaque_mark(int folder, const std::string& prefix) {
    if (TRY(sys::read_xattr(folder, kOpaqueXattr)) != "y") return {};
    TarEntry mark;
    mark.path = prefix + ".wh..wh..opq";
    return writer_.begin(mark);
  }

 private:
  base::Result<> write_entry(int folder, const std::string& name, const std::string& path) {
    const auto found = TRY(sys::stat_at(folder, name));
    if (!found || S_ISSOCK(found->st_mode)) return {};
    const struct stat& status = *found;
    TarEntry entry;
    entry.path = path;
    entry.mode = status.st_mode & 07777;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.modified.tv_sec = status.st_mtim.tv_sec;
    if (S_ISCHR(status.st_mode) && status.st_rdev == 0) return write_whiteout(entry, name);
    if (S_ISDIR(status.st_mode)) return write_subfolder(folder, name, std::move(entry));
    if (status.st_nlink > 1) {
      const auto [first, is_new] = links_.emplace(std::pair(status.st_dev, status.st_ino), path);
      if (!is_new) {
        entry.type = TarType::HardLink;
        entry.link_target = first->second;
        return writer_.begin(entry);
      }
    }
    entry.xattrs = TRY(read_xattrs(folder, name));
    if (S_ISREG(status.st_mode)) return write_file(folder, name, std::move(entry), status.st_size);
    if (S_ISLNK(status.st_mode)) {
      entry.type = TarType::SymbolicLink;
      entry.link_target = TRY(sys::read_link_at(folder, name));
    } else if (S_ISFIFO(status.st_mode)) {
      entry.type = TarType::Fifo;
    } else {
      entry.type = S_ISCHR(status.st_mode) ? TarType::CharacterDevice : TarType::BlockDevice;
      entry.major = major(status.st_rdev);
      entry.minor = minor(status.st_rdev);
    }
    return writer_.begin(entry);
  }

  base::Result<> write_whiteout(TarEntry entry, const std::string& name) {
    entry.path = entry.path.substr(0, entry.path.size() - name.size()) + ".wh." + name;
    entry.mode = 0;
    return writer_.begin(entry);
  }

  base::Result<> write_subfolder(int folder, const std::string& name, TarEntry entry) {
    const sys::UniqueFd child = TRY(sys::open_at(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    entry.type = TarType::Folder;
    entry.path += '/';
    entry.xattrs = TRY(read_xattrs(folder, name));
    TRY(writer_.begin(entry));
    TRY(write_opaque_mark(child.value(), entry.path));
    return write_folder(child.value(), entry.path);
  }

  base::Result<> write_file(int folder, const std::string& name, TarEntry entry, std::int64_t size) {
    entry.size = size;
    const sys::UniqueFd file = TRY(sys::open_at(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    TRY(writer_.begin(entry));
    for (std::int64_t left = size; left > 0;) {
      const auto room = static_cast<std::size_t>(std::min<std::int64_t>(left, std::ssize(buffer_)));
      const std::size_t count = TRY(sys::read_some(file.value(), std::span(buffer_.data(), room)));
      if (count == 0)
        return base::fail(base::ErrorClass::Io,
                          fmt::format("\"{}\" became shorter while it was read", entry.path));
      TRY(writer_.write(std::string_view(buffer_.data(), count)));
      left -= static_cast<std::int64_t>(count);
    }
    return {};
  }

  static base::Result<std::vector<std::pair<std::string, std::string>>> read_xattrs(int folder,
                                                                                    const std::string& name) {
    auto all = TRY(sys::list_xattrs_at(folder, name));
    std::erase_if(all, [](const auto& xattr) { return !is_layer_xattr(xattr.first); });
    return all;
  }

  TarWriter& writer_;
  std::string buffer_;
  std::map<std::pair<dev_t, ino_t>, std::string> links_;  ///< First path of files with several names.
};

}  // namespace

base::Result<> write_layer_tar(int root, TarWriter& writer) {
  LayerWalk walk(writer);
  TRY(walk.write_opaque_mark(root, ""));
  TRY(walk.write_folder(root, ""));
  return writer.finish();
}

}  // namespace runtime::image
