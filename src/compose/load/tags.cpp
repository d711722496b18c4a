// SPDX-License-Identifier: Apache-2.0
#include "compose/load/tags.h"

#include <algorithm>
#include <span>

namespace compose::load {
namespace {

void collect(Tree& node, TaggedPath& path, std::vector<TaggedPath>& found) {
  for (Entry& entry : node.entries) {
    path.push_back(entry.key);
    if (entry.value.tag != MergeTag::None) found.push_back(path);
    collect(entry.value, path, found);
    path.pop_back();
  }
  std::erase_if(node.entries, [](const Entry& entry) { return entry.value.tag == MergeTag::Reset; });
  for (Entry& entry : node.entries) entry.value.tag = MergeTag::None;
  std::erase_if(node.items, [](const Tree& item) { return item.tag == MergeTag::Reset; });
}

void remove_at(std::span<const std::string> path, Tree& node) {
  if (path.size() == 1) {
    node.erase(path.front());
  } else if (Tree* child = node.find(path.front())) {
    remove_at(path.subspan(1), *child);
  }
}

}  // namespace

std::vector<TaggedPath> take_tags(Tree& root) {
  std::vector<TaggedPath> found;
  TaggedPath path;
  collect(root, path, found);
  root.tag = MergeTag::None;
  return found;
}

void remove_tagged(const std::vector<TaggedPath>& paths, Tree& earlier) {
  for (const TaggedPath& path : paths) remove_at(path, earlier);
}

}  // namespace compose::load
