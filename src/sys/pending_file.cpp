// SPDX-License-Identifier: Apache-2.0
#include "sys/pending_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "sys/file.h"
#include "sys/file_lock.h"
#include "sys/random.h"
#include "sys/user_mask.h"

namespace sys {
namespace {

constexpr std::string_view kSuffix = ".unfinished";
constexpr std::size_t kDigits = 16;

bool is_descriptor(std::string_view path) {
  return path.starts_with("/dev/fd/") || path == "/dev/stdout" || path == "/dev/stderr" ||
         (path.starts_with("/proc/") && path.find("/fd/") != std::string_view::npos);
}

struct Place {
  std::string folder, name;
};

Place split(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

/// Where anybody may make names, what another user has put there is neither followed nor written to: man 5
/// proc, protected_symlinks and protected_regular, which know nothing of links that are followed by hand.
base::Result<> check_maker(const Place& place, const struct stat& status) {
  struct stat folder {};
  if (::stat(place.folder.c_str(), &folder) != 0) {
    const int saved = errno;
    return base::fail(base::make_errno_error(fmt::format("stat(\"{}\")", place.folder), saved));
  }
  constexpr mode_t kEverybody = S_ISVTX | S_IWOTH;
  if ((folder.st_mode & kEverybody) != kEverybody || status.st_uid == ::geteuid() ||
      status.st_uid == folder.st_uid)
    return {};
  return base::fail(base::ErrorClass::Permission,
                    fmt::format("{}/{} belongs to another user, and everybody may write to its folder",
                                place.folder, place.name));
}

/// Where the links end that `path` may be.
base::Result<Place> follow(std::string path) {
  constexpr int kMostLinks = 40;  // As the kernel.
  for (int links = 0; links <= kMostLinks; ++links) {
    Place place = split(path);
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return place;
    if (S_ISLNK(status.st_mode) || S_ISREG(status.st_mode)) TRY(check_maker(place, status));
    if (!S_ISLNK(status.st_mode)) return place;
    const std::string target = TRY(read_link_at(AT_FDCWD, path));
    path = target.starts_with('/') ? target : fmt::format("{}/{}", place.folder, target);
  }
  return base::fail(base::make_errno_error(fmt::format("open(\"{}\")", path), ELOOP));
}

/// Whether the file system has no files without a name. Kernels before 3.11 take the flag for O_DIRECTORY.
bool needs_name(int error) { return error == EOPNOTSUPP || error == EISDIR || error == EINVAL; }

base::Result<> link_file(int file, int folder, const std::string& name) {
  const std::string open_file = fmt::format("/proc/self/fd/{}", file);
  if (::linkat(AT_FDCWD, open_file.c_str(), folder, name.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
  const int saved = errno;
  return base::fail(base::make_errno_error(fmt::format("linkat(\"{}\")", name), saved));
}

}  // namespace

base::Result<PendingFile> PendingFile::create(const std::string& path, std::uint32_t mode) {
  PendingFile out;
  out.mode_ = mode;
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  const int saved = errno;
  if (!exists && saved != ENOENT && saved != ENOTDIR)
    return base::fail(base::make_errno_error(fmt::format("stat(\"{}\")", path), saved));
  if ((exists && S_ISDIR(status.st_mode)) || path.ends_with('/'))
    return base::fail(base::ErrorClass::Invalid, fmt::format("{} is a folder", path));
  if (exists && (!S_ISREG(status.st_mode) || is_descriptor(path))) {
    out.file_ = TRY(open_file(path, O_WRONLY | O_NOCTTY | (S_ISREG(status.st_mode) ? O_APPEND : 0)));
    return out;
  }
  // A rename would not ask whether the file may be written.
  if (exists) TRY(check_access(path, W_OK));
  Place place = TRY(follow(path));
  out.name_ = std::move(place.name);
  out.folder_ = TRY(open_file(place.folder, O_RDONLY | O_DIRECTORY));
  TRY_WHILE(out.open_beside(), fmt::format("making a file in {}", place.folder));
  return out;
}

PendingFile& PendingFile::operator=(PendingFile&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(folder_, other.folder_);
  std::swap(name_, other.name_);
  std::swap(temporary_, other.temporary_);
  std::swap(mode_, other.mode_);
  return *this;
}

PendingFile::~PendingFile() {
  if (folder_.valid() && !temporary_.empty()) static_cast<void>(remove_one_at(folder_.value(), temporary_));
}

std::string PendingFile::new_name() const {
  // A name that is almost too long has no room for more.
  constexpr std::size_t kMost = 200;
  return fmt::format(".{}.{:016x}{}", name_.substr(0, kMost), random_number(), kSuffix);
}

base::Result<> PendingFile::open_beside() {
  sweep();
  const std::uint32_t mode = mode_ & ~user_mask();
  auto unnamed = open_at(folder_.value(), ".", O_WRONLY | O_TMPFILE, mode);
  if (!unnamed && !needs_name(unnamed.error().errno_value)) return base::fail(std::move(unnamed).error());
  if (unnamed) {
    file_ = *std::move(unnamed);
  } else {
    const std::string name = new_name();
    file_ = TRY(open_at(folder_.value(), name, O_WRONLY | O_CREAT | O_EXCL, mode));
    temporary_ = name;
  }
  // Where files cannot be locked none is swept.
  static_cast<void>(try_lock(file_.value()));
  return {};
}

void PendingFile::sweep() const {
  const std::string start = new_name();
  const std::size_t digits = start.size() - kSuffix.size() - kDigits;
  const auto names = list_directory_at(folder_.value());
  if (!names) return;
  for (const std::string& name : *names) {
    if (name.size() != start.size() || !name.ends_with(kSuffix)) continue;
    if (name.compare(0, digits, start, 0, digits) != 0) continue;
    const auto left = open_at(folder_.value(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!left || !try_lock(left->value()).value_or(false)) continue;
    static_cast<void>(remove_one_at(folder_.value(), name));
  }
}

base::Result<> PendingFile::take_over(const struct stat& before) {
  // Only root may give files away; then the mode, which a change of the owner may narrow.
  static_cast<void>(set_owner(file_.value(), {before.st_uid, before.st_gid}));
  constexpr std::uint32_t kPermissions = 0777;
  return set_mode(file_.value(), before.st_mode & kPermissions);
}

base::Result<> PendingFile::commit() {
  if (!folder_.valid()) return {};
  const int folder = folder_.value();
  const auto before = TRY(stat_at(folder, name_));
  if (before && S_ISREG(before->st_mode)) TRY(take_over(*before));
  if (temporary_.empty()) {
    if (!before) {
      auto linked = link_file(file_.value(), folder, name_);
      if (linked || linked.error().errno_value != EEXIST) return linked;
    }
    // A link cannot take another file's place, a rename can.
    const std::string name = new_name();
    TRY(link_file(file_.value(), folder, name));
    temporary_ = name;
  }
  TRY(rename_at(folder, temporary_, folder, name_));
  temporary_.clear();
  return {};
}

}  // namespace sys
