// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/copy_files.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "runtime/build/copy_plan.h"
#include "sys/file.h"
#include "sys/file_data.h"
#include "sys/limit_times.h"
#include "sys/xattr.h"

namespace runtime::build {
namespace {

/// What all workers of one copy share.
struct CopyWork {
  const SourceTree& tree;
  const CopyTarget& target;
  const LayerWriter& writer;
  const ReusableLayer* reusable;
  const base::Cancellation& cancellation;
  std::vector<sys::UniqueFd> reusable_fds;  ///< One for each of its folders.
  std::vector<CopyItem> items;
  std::vector<std::size_t> runs;  ///< split_into_runs()
  std::atomic<std::size_t> next{0};
  std::atomic<bool> changed{false};
  std::mutex mutex;
  std::optional<base::Error> failure;
};

/// Where the runs of items begin that a worker takes at once, and the end: a folder is one run, as two
/// workers would only wait for each other in it, unless it is so large that copying what is in it takes
/// longer.
std::vector<std::size_t> split_into_runs(const std::vector<CopyItem>& items) {
  constexpr std::size_t kLongestRun = 256;
  std::vector<std::size_t> starts;
  std::string_view folder;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string_view path = items[i].path;
    const auto slash = path.find_last_of('/');
    const std::string_view parent = path.substr(0, slash == std::string_view::npos ? 0 : slash);
    if (starts.empty() || parent != folder || i - starts.back() == kLongestRun) starts.push_back(i);
    folder = parent;
  }
  starts.push_back(items.size());
  return starts;
}

/// Takes runs of items until none is left.
class Worker {
 public:
  explicit Worker(CopyWork& work) : work_(work) {}

  void run() {
    while (true) {
      const std::size_t run = work_.next++;
      if (run + 1 >= work_.runs.size() || work_.cancellation.requested()) return;
      for (std::size_t i = work_.runs[run]; i < work_.runs[run + 1]; ++i) {
        auto copied = copy_item(work_.items[i]);
        if (copied) continue;
        const std::lock_guard lock(work_.mutex);
        if (!work_.failure)
          work_.failure =
              std::move(copied).error().while_doing(fmt::format("copying to /{}", work_.items[i].path));
        work_.next = work_.runs.size();
        return;
      }
    }
  }

  base::Result<> copy_item(const CopyItem& item) {
    const auto slash = item.path.find_last_of('/');
    const std::string folder = slash == std::string::npos ? std::string() : item.path.substr(0, slash);
    if (!folder_fd_.valid() || folder != folder_) {
      folder_fd_ = TRY(
          sys::open_beneath(work_.writer.upper_fd(), folder.empty() ? "." : folder, O_PATH | O_DIRECTORY));
      TRY(open_reusable(folder));
      folder_ = folder;
    }
    const std::string name = item.path.substr(slash == std::string::npos ? 0 : slash + 1);
    const SourceEntry& entry = *item.entry;
    if (entry.facts.is_file()) {
      if (TRY(take_earlier(item, name))) return {};
      return copy_file(item, name);
    }
    if (entry.facts.is_link()) {
      TRY(sys::make_symlink_at(folder_fd_.value(), name, entry.link_target));
    } else {
      TRY(sys::make_node_at(folder_fd_.value(), name, entry.facts.mode, major(entry.facts.special_device),
                            minor(entry.facts.special_device)));
    }
    const NodeMeta meta = copied_meta(work_.tree, entry, work_.target);
    TRY(sys::set_owner_at(folder_fd_.value(), name, meta.owner));
    if (!entry.facts.is_link()) TRY(sys::set_mode_at(folder_fd_.value(), name, meta.mode));
    return sys::set_time_at(folder_fd_.value(), name, meta.modified);
  }

 private:
  /// The same folder in the earlier layer's folders, as far as they have it and no link is on the way there:
  /// that could lead out of the layer.
  base::Result<> open_reusable(const std::string& folder) {
    earlier_.clear();
    for (const sys::UniqueFd& root : work_.reusable_fds) {
      auto opened = sys::open_beneath(root.value(), folder.empty() ? "." : folder, O_PATH | O_DIRECTORY);
      constexpr std::array kNotThere = {ENOENT, ENOTDIR, ELOOP};
      const auto is_reason = [&](int reason) { return opened.error().errno_value == reason; };
      if (!opened && std::any_of(kNotThere.begin(), kNotThere.end(), is_reason)) continue;
      const bool shown = work_.reusable->stays_below && &root == &work_.reusable_fds.back();
      earlier_.push_back({.fd = TRY(std::move(opened)), .shown = shown});
    }
    return {};
  }

  /// Whether `earlier`, a file of the earlier layer that was made from the same content, is what a copy would
  /// be. The layer may be older than its memory: a touched file is still the same to the cache.
  bool is_copy(const struct stat& earlier, const SourceEntry& entry) const {
    const NodeMeta meta = copied_meta(work_.tree, entry, work_.target);
    const auto& latest = work_.reusable->latest;
    const timespec modified =
        latest ? sys::limited(meta.modified, {.tv_sec = *latest, .tv_nsec = 0}) : meta.modified;
    return S_ISREG(earlier.st_mode) && earlier.st_size == entry.facts.size &&
           (earlier.st_mode & 07777) == meta.mode && earlier.st_uid == meta.owner.uid &&
           earlier.st_gid == meta.owner.gid && earlier.st_mtim.tv_sec == modified.tv_sec &&
           earlier.st_mtim.tv_nsec == modified.tv_nsec;
  }

  /// Has the layer share the earlier one's file, when a copy would be the same: true.
  base::Result<bool> take_earlier(const CopyItem& item, const std::string& name) {
    if (earlier_.empty()) return false;
    const SourceEntry* const then = work_.reusable->memory->find(item.entry->path);
    if (then == nullptr || item.entry->digest.empty() || then->digest != item.entry->digest) return false;
    for (const EarlierFolder& folder : earlier_) {
      const auto status = TRY(sys::stat_at(folder.fd.value(), name));
      if (!status) continue;
      if (!is_copy(*status, *item.entry)) return false;
      if (folder.shown) return true;
      const auto linked = sys::make_link_at(folder.fd.value(), name, folder_fd_.value(), name);
      // Too many links to one file, or the layer is just going away: copy.
      if (!linked && linked.error().errno_value != EMLINK && linked.error().errno_value != ENOENT)
        return base::fail(linked.error());
      return linked.has_value();
    }
    return false;
  }

  base::Result<> copy_file(const CopyItem& item, const std::string& name) {
    const SourceEntry& entry = *item.entry;
    auto opened = sys::open_beneath(work_.tree.tree.layer_fd(entry.layer), entry.path,
                                    O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    if (!opened && work_.tree.is_gone(opened.error())) {
      work_.changed = true;
      return {};
    }
    const sys::UniqueFd from = TRY(std::move(opened));
    const FileFacts now = FileFacts::from(TRY(sys::stat_fd(from.value())));
    if (!entry.facts.same_version(now)) work_.changed = true;
    if (!now.is_file()) return {};
    const sys::UniqueFd to =
        TRY(sys::open_at(folder_fd_.value(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    if (TRY(sys::copy_file_data(from.value(), to.value(), entry.path)) != entry.facts.size)
      work_.changed = true;
    const NodeMeta meta = copied_meta(work_.tree, entry, work_.target);
    TRY(sys::set_owner(to.value(), meta.owner));
    TRY(sys::set_mode(to.value(), meta.mode));
    // After the owner: changing that takes capabilities away.
    for (const auto& [key, value] : TRY(copied_xattrs(from.value(), work_.tree.owners))) {
      TRY(sys::set_xattr(to.value(), key, value));
    }
    if (entry.unsettled) {
      // Its times cannot tell whether it is what was scanned.
      const sys::UniqueFd copy = TRY(sys::open_at(folder_fd_.value(), name, O_RDONLY | O_NOFOLLOW));
      if (TRY(content_digest(copy.value(), item.path, work_.tree.owners)) != entry.digest)
        work_.changed = true;
    }
    return sys::set_time(to.value(), meta.modified);
  }

  CopyWork& work_;
  std::string folder_;
  sys::UniqueFd folder_fd_;
  struct EarlierFolder {
    sys::UniqueFd fd;
    bool shown = false;  ///< Beneath the new layer.
  };
  std::vector<EarlierFolder> earlier_;  ///< The folder in the earlier layer, top first.
};

/// Names of one file beyond its first; they become links to that.
struct HardLink {
  std::string first;
  CopyItem item;
};

std::vector<HardLink> take_hard_links(std::vector<CopyItem>& items) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> firsts;
  std::vector<HardLink> links;
  std::erase_if(items, [&](const CopyItem& item) {
    const FileFacts& facts = item.entry->facts;
    if (facts.links < 2 || !facts.is_file()) return false;
    const auto [first, added] = firsts.try_emplace({facts.device, facts.inode}, item.path);
    if (!added) links.push_back({.first = first->second, .item = item});
    return !added;
  });
  return links;
}

}  // namespace

base::Result<CopyOutcome> copy_sources(const SourceTree& tree, const std::vector<ScannedSource>& sources,
                                       const CopyTarget& target, LayerWriter& writer,
                                       const ReusableLayer* reusable,
                                       const base::Cancellation& cancellation) {
  std::vector<CopyItem> items = TRY(plan_copy(tree, sources, target, writer));
  const std::vector<HardLink> links = take_hard_links(items);
  CopyWork work{.tree = tree,
                .target = target,
                .writer = writer,
                .reusable = reusable,
                .cancellation = cancellation,
                .reusable_fds = {},
                .items = std::move(items),
                .runs = {}};
  work.runs = split_into_runs(work.items);
  if (reusable != nullptr) {
    for (const std::string& folder : reusable->folders)
      work.reusable_fds.push_back(TRY(sys::open_file(folder, O_PATH | O_DIRECTORY)));
  }
  constexpr std::size_t kWorthAThread = 64;
  std::vector<std::jthread> helpers;
  const std::size_t most = std::min(std::thread::hardware_concurrency(), 8u);
  for (std::size_t i = 1; i < std::min(most, work.items.size() / kWorthAThread + 1); ++i) {
    helpers.emplace_back([&] { Worker(work).run(); });
  }
  Worker(work).run();
  helpers.clear();
  if (work.failure) return base::fail(std::move(*work.failure));
  if (cancellation.requested()) return base::fail(base::ErrorClass::Cancelled, "the build was cancelled");
  for (const HardLink& link : links) {
    auto linked = sys::make_link_at(writer.upper_fd(), link.first, writer.upper_fd(), link.item.path);
    if (linked) continue;
    const bool first_is_gone = work.changed && linked.error().errno_value == ENOENT;
    if (!first_is_gone) return base::fail(std::move(linked).error());
    TRY(Worker(work).copy_item(link.item));
  }
  return work.changed ? CopyOutcome::Changed : CopyOutcome::Exact;
}

base::Result<> copy_text(const TextFile& file, const CopyTarget& target, LayerWriter& writer) {
  const std::string path = TRY(place_file(file.name, target, writer));
  const sys::UniqueFd to =
      TRY(sys::open_beneath(writer.upper_fd(), path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  TRY(sys::write_all(to.value(), file.content));
  TRY(sys::set_owner(to.value(), target.owner.value_or(sys::Ownership{})));
  TRY(sys::set_mode(to.value(), target.mode ? target.mode->apply(S_IFREG | file.mode) : file.mode));
  return sys::set_time(to.value(), writer.now());
}

}  // namespace runtime::build
