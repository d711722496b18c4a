// SPDX-License-Identifier: Apache-2.0
#include "compose/load/key_values.h"

#include <fmt/format.h>

#include "base/split.h"

namespace compose::load {

void make_key_values(Tree& node, const Path& path, const LoadContext& context) {
  if (!node.is_sequence()) return;
  Tree map = Tree::mapping(node.span);
  map.provenance = node.provenance;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    Tree& item = node.items[i];
    const std::string text = scalar_text(item);
    const auto [key, value] = base::split_once(text, '=');
    if (key.ends_with(' ') && key.size() < text.size()) {
      context.error(path.item(i), item.span, fmt::format("the name \"{}\" ends with a blank", key),
                    "remove the blank before the =");
      continue;
    }
    Tree stored = key.size() < text.size() ? Tree::string(value, item.span) : Tree::null(item.span);
    stored.provenance = item.provenance;
    map.set(key, item.span, std::move(stored));
  }
  node = std::move(map);
}

void make_named_map(Tree& node, const Tree& value) {
  if (!node.is_sequence()) return;
  Tree map = Tree::mapping(node.span);
  map.provenance = node.provenance;
  for (const Tree& item : node.items) {
    Tree stored = value;
    stored.span = item.span;
    map.set(scalar_text(item), item.span, std::move(stored));
  }
  node = std::move(map);
}

void make_list(Tree& node) {
  if (node.is_sequence() || node.is_mapping()) return;
  Tree list = Tree::sequence(node.span);
  if (!node.is_null()) list.items.push_back(std::move(node));
  node = std::move(list);
}

}  // namespace compose::load
