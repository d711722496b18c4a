// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "runtime/build/source_tree.h"
#include "sys/file_data.h"
#include "sys/path_at.h"
#include "sys/sha256.h"
#include "sys/xattr.h"

namespace runtime::build {
namespace {

/// A file changed while it was read would get a digest that belongs to neither version.
constexpr int kReadAttempts = 3;

/// Leaves the digest of a file that is gone empty.
base::Result<> hash_entry(const SourceTree& source, SourceEntry& entry) {
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    auto opened =
        sys::open_beneath(source.tree.layer_fd(entry.layer), entry.path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    if (!opened && source.is_gone(opened.error())) return {};
    const sys::UniqueFd fd = TRY(std::move(opened));
    const FileFacts facts = FileFacts::from(TRY(sys::stat_fd(fd.value())));
    if (!facts.is_file()) return {};
    entry.facts = facts;
    entry.digest = TRY(content_digest(fd.value(), entry.path, source.owners));
    if (facts.same_version(FileFacts::from(TRY(sys::stat_fd(fd.value()))))) return {};
  }
  // Somebody keeps writing to it, to a log perhaps. Its facts are out of date, so that whoever compares them
  // sees that it changed, and remembers nothing of it.
  return {};
}

/// Takes out what is gone, and sources that only a pattern found.
base::Result<> drop_gone(std::vector<ScannedSource>& sources) {
  const auto is_gone = [](const SourceEntry& entry) { return entry.facts.is_file() && entry.digest.empty(); };
  for (ScannedSource& source : sources) {
    if (is_gone(source.entries.front()) && !source.by_pattern) {
      return base::fail(base::ErrorClass::NotFound,
                        fmt::format("'{}' went away while it was read", source.path));
    }
    std::erase_if(source.entries, is_gone);
  }
  std::erase_if(sources, [](const ScannedSource& source) { return source.entries.empty(); });
  return {};
}

void append_field(std::string& out, std::string_view value) {
  out += std::to_string(value.size());
  out += ':';
  out += value;
}

void append_entry(std::string& out, std::string_view name, const SourceEntry& entry, Owners owners) {
  append_field(out, name);
  append_field(out, entry.link_target);
  append_field(out, entry.digest);
  const std::uint32_t uid = owners == Owners::Keep ? entry.facts.uid : 0;
  const std::uint32_t gid = owners == Owners::Keep ? entry.facts.gid : 0;
  // A link has no mode of its own.
  const std::uint32_t mode = entry.facts.is_link() ? S_IFLNK : entry.facts.mode;
  fmt::format_to(std::back_inserter(out), "{:o} {} {} {}\n", mode, uid, gid, entry.facts.special_device);
}

}  // namespace

base::Result<std::vector<std::pair<std::string, std::string>>> copied_xattrs(int fd, Owners owners) {
  if (owners == Owners::Reset) return std::vector<std::pair<std::string, std::string>>();
  auto out = TRY(sys::list_xattrs(fd));
  std::erase_if(out, [](const auto& one) {
    return one.first != "security.capability" && !one.first.starts_with("user.");
  });
  return out;
}

base::Result<std::string> content_digest(int fd, std::string_view what, Owners owners) {
  std::string digest = TRY(sys::hash_file_data(fd, what));
  for (const auto& [name, value] : TRY(copied_xattrs(fd, owners))) {
    digest = sys::sha256_hex(fmt::format("{}\n{}={}:{}", digest, name, value.size(), value));
  }
  return digest;
}

base::Result<> hash_entries(const SourceTree& tree, std::vector<ScannedSource>& sources) {
  std::vector<SourceEntry*> todo;
  std::int64_t bytes = 0;
  for (ScannedSource& source : sources) {
    for (SourceEntry& entry : source.entries) {
      if (!entry.facts.is_file() || !entry.digest.empty()) continue;
      todo.push_back(&entry);
      bytes += entry.facts.size;
    }
  }
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::optional<base::Error> failure;
  const auto work = [&] {
    for (std::size_t i = next++; i < todo.size(); i = next++) {
      auto hashed = hash_entry(tree, *todo[i]);
      if (hashed) continue;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::move(hashed).error();
      return;
    }
  };
  // Below this a thread costs more than it saves.
  constexpr std::int64_t kWorthAThread = 4 << 20;
  std::vector<std::jthread> helpers;
  const auto most = static_cast<std::int64_t>(std::min(std::thread::hardware_concurrency(), 8u));
  for (std::int64_t i = 1; i < std::min(most, bytes / kWorthAThread + 1); ++i) helpers.emplace_back(work);
  work();
  helpers.clear();
  if (failure) return base::fail(std::move(*failure));
  return drop_gone(sources);
}

std::string checksum(const std::vector<ScannedSource>& sources, Owners owners) {
  sys::Sha256 hash;
  std::string piece;
  for (const ScannedSource& source : sources) {
    piece.clear();
    append_field(piece, source.name);
    for (const SourceEntry& parent : source.parents) append_entry(piece, parent.path, parent, owners);
    hash.update(piece);
    for (const SourceEntry& entry : source.entries) {
      piece.clear();
      append_entry(piece, std::string_view(entry.path).substr(source.path.size()), entry, owners);
      hash.update(piece);
    }
  }
  return hash.finish_hex();
}

}  // namespace runtime::build
