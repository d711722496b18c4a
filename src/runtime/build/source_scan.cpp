// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <iterator>
#include <thread>

#include <fmt/format.h>

#include "base/split.h"
#include "base/suggest.h"
#include "runtime/build/source_tree.h"
#include "runtime/build/wildcard.h"
#include "sys/file.h"

namespace runtime::build {
namespace {

constexpr std::size_t kLargestIgnoreFile = 4u << 20;
/// More would be a mistake (a home folder as context), and its paths alone would fill the memory.
constexpr std::size_t kMostEntries = 5'000'000;

std::int64_t to_ns(const timespec& time) { return time.tv_sec * 1'000'000'000LL + time.tv_nsec; }

SourceEntry make_entry(const TreeNode& node) {
  return SourceEntry{.path = node.path, .layer = node.layers.front(), .facts = FileFacts::from(node.status)};
}

std::vector<std::string> path_parts(std::string_view path) {
  std::vector<std::string> parts;
  for (std::string& part : base::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty()) {
      parts.pop_back();
    } else if (part != "..") {
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

class Scanner {
 public:
  Scanner(const SourceTree& source, const ScanOptions& options)
      : source_(source),
        options_(options),
        nothing_left_out_(source.ignore.empty() && options.excludes.empty()) {}

  base::Result<std::vector<ScannedSource>> scan(const std::string& path) {
    const auto pivot = path.find("/./");  // "a/./b/c" with --parents keeps only "b/c"
    if (options_.parents && pivot != path.npos) pivot_parts_ = path_parts(path.substr(0, pivot)).size();
    std::vector<std::string> parts = path_parts(path);
    const bool pattern = options_.wildcards && has_wildcard(path);
    if (pattern && !is_well_formed(path)) {
      return base::fail(
          base::make_error(base::ErrorClass::Invalid, fmt::format("'{}' is no pattern of names", path))
              .with_hint("a [ needs its ]; a backslash before it takes it as it is"));
    }
    by_pattern_ = pattern;
    if (pattern) {
      // Only with --parents `**` stands for several folders, as the reference has it.
      if (!options_.parents) std::replace(parts.begin(), parts.end(), std::string("**"), std::string("*"));
      TRY(match(parts));
    } else {
      TRY(add_path(base::join(parts, "/"), path));
    }
    return std::move(found_);
  }

 private:
  base::Result<> add_path(const std::string& path, const std::string& written) {
    const Resolution resolution = TRY(source_.tree.resolve(path));
    if (!resolution.node) return not_found(resolution, written);
    if (is_ignored(*resolution.node)) {
      return base::fail(base::make_error(base::ErrorClass::NotFound,
                                         fmt::format("'{}' is left out of {}", written, source_.name))
                            .with_hint("a pattern of the ignore file (.dockerignore) excludes it"));
    }
    return add_source(*resolution.node, path);
  }

  tl::unexpected<base::Error> not_found(const Resolution& resolution, const std::string& written) const {
    std::string hint;
    const auto names = source_.tree.list(resolution.folder);
    if (names && !resolution.missing.empty()) {
      const std::string nearest = base::nearest_name(resolution.missing.front(), *names);
      if (!nearest.empty()) hint = fmt::format("did you mean {}?", resolution.folder.child_path(nearest));
    }
    return base::fail(base::make_error(base::ErrorClass::NotFound,
                                       fmt::format("'{}' does not exist in {}", written, source_.name))
                          .with_hint(std::move(hint)));
  }

  /// An ignored folder with something taken back in it still can be named.
  bool is_ignored(const TreeNode& node) const {
    if (!source_.ignore.excludes(node.path)) return false;
    return !(node.is_folder() && source_.ignore.may_include_below(node.path));
  }

  /// The folders that are named before the first wildcard may be links; what is found below them is not.
  base::Result<> match(const std::vector<std::string>& pattern) {
    const auto wild = std::find_if(pattern.begin(), pattern.end(), has_wildcard);
    const std::string named = base::join(std::vector<std::string>(pattern.begin(), wild), "/");
    const Resolution resolution = TRY(source_.tree.resolve(named));
    if (!resolution.node || !resolution.node->is_folder()) return {};
    return match_below(*resolution.node, named, pattern);
  }

  base::Result<> match_below(const TreeNode& folder, const std::string& matched,
                             const std::vector<std::string>& pattern) {
    auto names = source_.tree.list(folder);
    if (!names && source_.is_gone(names.error())) return {};
    for (const std::string& name : TRY(std::move(names))) {
      const std::string path = matched.empty() ? name : fmt::format("{}/{}", matched, name);
      const std::vector<std::string> parts = base::split(path, '/');
      if (match_parts(pattern, 0, parts, 0, parts.size())) {
        auto resolved = source_.tree.resolve(path);
        if (!resolved && source_.is_gone(resolved.error())) continue;
        const Resolution resolution = TRY(std::move(resolved));
        if (resolution.node && !is_ignored(*resolution.node)) TRY(add_source(*resolution.node, path));
        continue;
      }
      if (!can_match_deeper(pattern, parts)) continue;
      const auto below = TRY(source_.tree.find(folder, name));
      if (below && below->is_folder()) TRY(match_below(*below, path, pattern));
    }
    return {};
  }

  static bool can_match_deeper(const std::vector<std::string>& pattern,
                               const std::vector<std::string>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i >= pattern.size()) return false;
      if (pattern[i] == "**") return true;
      if (!match_segment(pattern[i], parts[i])) return false;
    }
    return pattern.size() > parts.size();
  }

  /// `path` as matched, before the last link was followed: gives the name in the target.
  base::Result<> add_source(const TreeNode& node, const std::string& path) {
    const auto slash = path.find_last_of('/');
    ScannedSource source{.name = slash == std::string::npos ? path : path.substr(slash + 1),
                         .path = node.path,
                         .by_pattern = by_pattern_};
    if (!node.is_folder() && options_.excludes.excludes(source.name)) return {};
    if (options_.parents) TRY(add_parents(path, source));
    root_length_ = node.path.empty() ? 0 : node.path.size() + 1;
    TRY(add_entries(node, source.entries));
    if (!source.entries.empty()) {
      found_.push_back(std::move(source));
    } else if (!by_pattern_ && !S_ISSOCK(node.status.st_mode)) {
      return base::fail(base::ErrorClass::NotFound, fmt::format("'{}' went away while it was read", path));
    }
    return {};
  }

  base::Result<> add_parents(const std::string& path, ScannedSource& source) {
    const std::vector<std::string> parts = path_parts(path);
    source.name.clear();
    std::string folder;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      folder += (i == 0 ? "" : "/") + parts[i];
      if (i < pivot_parts_) continue;
      source.name += (source.name.empty() ? "" : "/") + parts[i];
      if (i + 1 == parts.size()) break;
      const Resolution resolution = TRY(source_.tree.resolve(folder));
      if (resolution.node) source.parents.push_back(make_entry(*resolution.node));
    }
    return {};
  }

  base::Result<> add_entries(const TreeNode& node, std::vector<SourceEntry>& entries) {
    // A socket is somebody's running server: nothing that can be copied.
    if (S_ISSOCK(node.status.st_mode)) return {};
    if (++entries_ > kMostEntries) {
      return base::fail(base::ErrorClass::Invalid,
                        fmt::format("{} has more than {} files", source_.name, kMostEntries));
    }
    entries.push_back(make_entry(node));
    if (node.is_link()) {
      auto target = source_.tree.read_link(node);
      if (target) {
        entries.back().link_target = *std::move(target);
        return {};
      }
      return leave_out(std::move(target).error(), entries);
    }
    if (!node.is_folder()) return {};
    const auto wanted = [&](std::string_view name) {
      return nothing_left_out_ || may_come(verdict(node.child_path(name)), node.child_path(name));
    };
    const auto children = source_.tree.children(node, wanted);
    return children ? add_children(*children, entries) : leave_out(children.error(), entries);
  }

  /// Takes back the last entry, which went away since its folder was listed.
  base::Result<> leave_out(base::Error error, std::vector<SourceEntry>& entries) const {
    if (!source_.is_gone(error)) return base::fail(std::move(error));
    entries.pop_back();
    return {};
  }

  base::Result<> add_children(const std::vector<TreeNode>& children, std::vector<SourceEntry>& entries) {
    constexpr std::ptrdiff_t kWorthAThread = 8;
    const auto folders =
        shared_ ? 0 : std::count_if(children.begin(), children.end(), std::mem_fn(&TreeNode::is_folder));
    if (folders >= kWorthAThread) return share_children(children, entries);
    for (const TreeNode& child : children) TRY(add_child(child, entries));
    return {};
  }

  /// Several threads look at what is below each child; the entries come in the same order.
  base::Result<> share_children(const std::vector<TreeNode>& children, std::vector<SourceEntry>& entries) {
    struct Part {
      std::vector<SourceEntry> entries;
      base::Result<> result;
    };
    std::vector<Part> parts(children.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < parts.size(); i = next++)
        parts[i].result = add_child(children[i], parts[i].entries);
    };
    shared_ = true;
    {
      std::vector<std::jthread> helpers;
      const unsigned most = std::min(std::thread::hardware_concurrency(), 4u);
      for (unsigned i = 1; i < most; ++i) helpers.emplace_back(work);
      work();
    }
    shared_ = false;
    for (Part& part : parts) {
      TRY(std::move(part.result));
      std::move(part.entries.begin(), part.entries.end(), std::back_inserter(entries));
    }
    return {};
  }

  struct Verdict {
    bool ignored = false, excluded = false;
  };
  Verdict verdict(std::string_view path) const {
    return {.ignored = source_.ignore.excludes(path),
            .excluded = options_.excludes.excludes(path.substr(root_length_))};
  }
  bool may_come(Verdict verdict, std::string_view path) const {
    return (!verdict.ignored || source_.ignore.may_include_below(path)) &&
           (!verdict.excluded || options_.excludes.may_include_below(path.substr(root_length_)));
  }

  base::Result<> add_child(const TreeNode& child, std::vector<SourceEntry>& entries) {
    const Verdict left_out = nothing_left_out_ ? Verdict() : verdict(child.path);
    if (!left_out.ignored && !left_out.excluded) return add_entries(child, entries);
    if (!child.is_folder()) return {};
    // Of an excluded folder only what is taken back comes, and the folder for its sake.
    const std::size_t before = entries.size();
    TRY(add_entries(child, entries));
    if (entries.size() == before + 1) entries.pop_back();
    return {};
  }

  const SourceTree& source_;
  const ScanOptions& options_;
  const bool nothing_left_out_;
  std::vector<ScannedSource> found_;
  std::size_t pivot_parts_ = 0, root_length_ = 0;
  std::atomic<std::size_t> entries_{0};
  bool by_pattern_ = false;
  bool shared_ = false;  ///< Several threads are at work.
};

}  // namespace

FileFacts FileFacts::from(const struct stat& status) {
  return FileFacts{.mode = status.st_mode,
                   .uid = status.st_uid,
                   .gid = status.st_gid,
                   .links = static_cast<std::uint32_t>(status.st_nlink),
                   .size = S_ISREG(status.st_mode) ? status.st_size : 0,
                   .modified_ns = to_ns(status.st_mtim),
                   .changed_ns = to_ns(status.st_ctim),
                   .device = status.st_dev,
                   .inode = status.st_ino,
                   .special_device = S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode) ? status.st_rdev : 0};
}

timespec FileFacts::modified() const {
  constexpr std::int64_t kSecond = 1'000'000'000;
  // Towards minus infinity, so that the nanoseconds are never negative.
  std::int64_t seconds = modified_ns / kSecond;
  if (modified_ns % kSecond < 0) --seconds;
  return timespec{.tv_sec = seconds, .tv_nsec = modified_ns - seconds * kSecond};
}

bool SourceTree::is_gone(const base::Error& error) const {
  // A link in the place of a folder, a socket, no link any more.
  constexpr std::array kReasons = {ENOENT, ENOTDIR, ELOOP, ENXIO, EINVAL};
  return can_change() && std::find(kReasons.begin(), kReasons.end(), error.errno_value) != kReasons.end();
}

base::Result<SourceTree> open_context(const std::string& folder, const std::string& ignore_file) {
  auto tree = LayeredTree::open({folder}, OverlayMarks::Ignore);
  if (!tree) {
    return base::fail(base::make_error(
        base::ErrorClass::NotFound,
        fmt::format("the build context {} cannot be opened: {}", folder, tree.error().message)));
  }
  SourceTree source{.tree = std::move(*tree), .name = "the build context", .identity = folder};
  if (!ignore_file.empty() && sys::path_exists(ignore_file)) {
    const std::string text = TRY(sys::read_file(ignore_file, kLargestIgnoreFile));
    const bool inside = ignore_file.starts_with(folder + "/");
    source.ignore =
        TRY(IgnoreRules::parse(text, inside ? ignore_file.substr(folder.size() + 1) : ignore_file));
  }
  return source;
}

base::Result<std::vector<ScannedSource>> scan_source(const SourceTree& tree, const std::string& source,
                                                     const ScanOptions& options) {
  return Scanner(tree, options).scan(source);
}

}  // namespace runtime::build
