// SPDX-License-Identifier: Apache-2.0
#include "runtime/build/copy_plan.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

namespace runtime::build {
namespace {

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string join_path(const std::string& folder, std::string_view name) {
  if (name.empty()) return folder;
  return folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
}

/// Folders that no source speaks of.
NodeMeta made_meta(const CopyTarget& target, const LayerWriter& writer) {
  return {.owner = target.owner.value_or(sys::Ownership{}),
          .mode = target.mode ? target.mode->folder_mode() : 0755,
          .modified = writer.now()};
}

bool names_folder(const std::string& path) { return path.ends_with('/') || path.ends_with("/."); }

class Planner {
 public:
  Planner(const SourceTree& tree, const CopyTarget& target, LayerWriter& writer)
      : tree_(tree), target_(target), writer_(writer) {}

  base::Result<> add(const ScannedSource& source) {
    if (target_.parents) return add_with_parents(source);
    if (source.is_folder()) return add_folder_contents(source);
    const std::string path = TRY(place_file(source.name, target_, writer_));
    return add_item(source.entries.front(), path);
  }

  std::vector<CopyItem> take_items() { return std::move(items_); }

 private:
  base::Result<> add_with_parents(const ScannedSource& source) {
    const Resolution found = TRY(writer_.tree().resolve(target_.path));
    const std::string base = found.path();
    TRY(writer_.make_folders(base, made_meta(target_, writer_)));
    std::string folder = base;
    std::string_view rest = source.name;
    for (const SourceEntry& parent : source.parents) {
      const auto slash = rest.find('/');
      folder = join_path(folder, rest.substr(0, slash));
      rest.remove_prefix(slash + 1);
      TRY(writer_.put_folder(folder, copied_meta(tree_, parent, target_)));
    }
    const std::string path = join_path(base, source.name);
    if (source.is_folder())
      TRY(writer_.put_folder(path, copied_meta(tree_, source.entries.front(), target_)));
    return add_entries(source, path, source.is_folder() ? 1 : 0);
  }

  base::Result<> add_folder_contents(const ScannedSource& source) {
    const Resolution found = TRY(writer_.tree().resolve(target_.path));
    const std::string base = found.path();
    if (found.node && !found.node->is_folder()) {
      return base::fail(
          base::ErrorClass::Invalid,
          fmt::format("/{} is not a folder: the folder '{}' cannot be copied to it", base, source.path));
    }
    // The folder itself is made, not copied: what is in it keeps its mode, of its own only the time is taken.
    TRY(writer_.make_folders(base, made_meta(target_, writer_)));
    if (!base.empty()) writer_.set_folder_time(base, source.entries.front().facts.modified());
    return add_entries(source, base, 1);
  }

  base::Result<> add_entries(const ScannedSource& source, const std::string& base, std::size_t first) {
    const std::size_t skip = source.path.empty() ? 0 : source.path.size() + 1;
    items_.reserve(items_.size() + source.entries.size());
    for (std::size_t i = first; i < source.entries.size(); ++i) {
      const SourceEntry& entry = source.entries[i];
      const std::string_view below = i == 0 ? std::string_view() : std::string_view(entry.path).substr(skip);
      const std::string path = join_path(base, below);
      if (entry.facts.is_folder()) {
        TRY(writer_.put_folder(path, copied_meta(tree_, entry, target_)));
      } else {
        TRY(add_item(entry, path));
      }
    }
    return {};
  }

  base::Result<> add_item(const SourceEntry& entry, const std::string& path) {
    if (!writer_.is_fresh(parent_of(path))) TRY(writer_.clear_name(path));
    items_.push_back({.entry = &entry, .path = path});
    return {};
  }

  const SourceTree& tree_;
  const CopyTarget& target_;
  LayerWriter& writer_;
  std::vector<CopyItem> items_;
};

/// Of several sources for one path the last wins.
void drop_replaced(std::vector<CopyItem>& items) {
  std::unordered_map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < items.size(); ++i) last[items[i].path] = i;
  if (last.size() == items.size()) return;
  std::vector<CopyItem> kept;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (last[items[i].path] == i) kept.push_back({.entry = items[i].entry, .path = items[i].path});
  }
  items = std::move(kept);
}

}  // namespace

NodeMeta copied_meta(const SourceTree& tree, const SourceEntry& entry, const CopyTarget& target) {
  NodeMeta meta{.owner = {}, .mode = entry.facts.mode & 07777, .modified = entry.facts.modified()};
  if (tree.owners == Owners::Keep) meta.owner = {entry.facts.uid, entry.facts.gid};
  if (target.owner) meta.owner = *target.owner;
  if (target.mode) meta.mode = target.mode->apply(entry.facts.mode);
  return meta;
}

base::Result<std::string> place_file(const std::string& name, const CopyTarget& target, LayerWriter& writer) {
  const Resolution found = TRY(writer.tree().resolve(target.path));
  std::string path = found.path();
  const bool into = names_folder(target.path) || (found.node && found.node->is_folder());
  const std::string folder = into ? path : parent_of(path);
  TRY(writer.make_folders(folder, made_meta(target, writer)));
  if (into) path = join_path(path, name);
  TRY(writer.clear_name(path));
  return path;
}

base::Result<std::vector<CopyItem>> plan_copy(const SourceTree& tree,
                                              const std::vector<ScannedSource>& sources,
                                              const CopyTarget& target, LayerWriter& writer) {
  Planner planner(tree, target, writer);
  for (const ScannedSource& source : sources) TRY(planner.add(source));
  std::vector<CopyItem> items = planner.take_items();
  if (sources.size() > 1) drop_replaced(items);
  return items;
}

}  // namespace runtime::build
