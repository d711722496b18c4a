// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace compose::load {

/// Where a walk stands in a tree: a chain through the callers' frames, so it costs no allocation.
struct Path {
  const Path* parent = nullptr;
  std::string_view key;
  int index = -1;  ///< Of a list item; then `key` is empty.

  Path child(std::string_view name) const { return {this, name, -1}; }
  Path item(std::size_t number) const { return {this, {}, static_cast<int>(number)}; }
};

/// "services.web.ports[0]"; empty for the root.
std::string to_text(const Path& path);

/// Rules by attribute path: patterns such as "services.*.ports.*.target", where * stands for any one
/// key or item. A walk carries the node of the rule tree along, so that a step costs one look-up.
template <class Rule>
class PathRules {
 public:
  struct Node {
    std::vector<std::pair<std::string_view, Node*>> children;
    Node* any = nullptr;
    std::optional<Rule> rule;

    const Node* step(std::string_view key) const {
      for (const auto& [name, child] : children) {
        if (name == key) return child;
      }
      return any;
    }
    const Node* step_item() const { return any; }
  };

  using PatternRule = std::pair<std::string_view, Rule>;

  PathRules(std::initializer_list<PatternRule> rules)
      : PathRules(std::span<const PatternRule>(rules.begin(), rules.size())) {}
  explicit PathRules(std::span<const PatternRule> rules) {
    nodes_.emplace_back();
    for (const auto& [pattern, rule] : rules) add(pattern, rule);
  }
  PathRules(const PathRules&) = delete;
  PathRules& operator=(const PathRules&) = delete;

  const Node* root() const { return &nodes_.front(); }

 private:
  void add(std::string_view pattern, const Rule& rule) {
    Node* node = &nodes_.front();
    while (!pattern.empty()) {
      const auto dot = std::min(pattern.find('.'), pattern.size());
      const std::string_view key = pattern.substr(0, dot);
      pattern.remove_prefix(std::min(dot + 1, pattern.size()));
      node = key == "*" ? child_of(node->any) : named_child(*node, key);
    }
    node->rule = rule;
  }
  Node* child_of(Node*& slot) {
    if (slot == nullptr) slot = &nodes_.emplace_back();
    return slot;
  }
  Node* named_child(Node& node, std::string_view key) {
    for (auto& [name, child] : node.children) {
      if (name == key) return child;
    }
    Node* made = &nodes_.emplace_back();
    node.children.emplace_back(key, made);
    return made;
  }

  std::deque<Node> nodes_;
};

}  // namespace compose::load
