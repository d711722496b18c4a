// SPDX-License-Identifier: Apache-2.0
#include "compose/load/tree.h"

#include <algorithm>

#include "compose/load/scalar.h"

namespace compose::load {

std::string_view to_text(Kind kind) {
  switch (kind) {
    case Kind::Null: return "null";
    case Kind::Bool: return "a boolean";
    case Kind::Int: return "an integer";
    case Kind::Float: return "a number";
    case Kind::String: return "a string";
    case Kind::Timestamp: return "a timestamp";
    case Kind::Sequence: return "a list";
    case Kind::Mapping: return "a mapping";
  }
  return "null";
}

const Entry* Tree::find_entry(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

const Tree* Tree::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

Tree* Tree::find(std::string_view key) {
  return const_cast<Tree*>(static_cast<const Tree*>(this)->find(key));
}

const Tree* Tree::find_value(std::string_view key) const {
  const Tree* found = find(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::string_view Tree::text_of(std::string_view key) const {
  const Tree* found = find(key);
  return found != nullptr && found->is_string() ? std::string_view(found->text) : std::string_view();
}

Tree& Tree::set(std::string_view key, const base::Span& key_span, Tree value) {
  if (Tree* found = find(key)) return *found = std::move(value);
  entries.push_back({std::string(key), key_span, std::move(value)});
  return entries.back().value;
}

Tree& Tree::set(std::string_view key, Tree value) {
  const base::Span at = value.span;
  return set(key, at, std::move(value));
}

bool Tree::erase(std::string_view key) {
  return std::erase_if(entries, [&](const Entry& entry) { return entry.key == key; }) != 0;
}

Tree Tree::null(const base::Span& at) {
  Tree node;
  node.span = at;
  return node;
}

Tree Tree::boolean(bool value, const base::Span& at) {
  Tree node;
  node.kind = Kind::Bool;
  node.bool_value = value;
  node.text = value ? "true" : "false";
  node.span = at;
  return node;
}

Tree Tree::integer(std::int64_t value, const base::Span& at) {
  Tree node;
  node.kind = Kind::Int;
  node.int_value = value;
  node.text = std::to_string(value);
  node.span = at;
  return node;
}

Tree Tree::floating(double value, const base::Span& at) {
  Tree node;
  node.kind = Kind::Float;
  node.float_value = value;
  node.text = float_text(value);
  node.span = at;
  return node;
}

Tree Tree::string(std::string_view value, const base::Span& at) {
  Tree node;
  node.kind = Kind::String;
  node.text = value;
  node.span = at;
  return node;
}

Tree Tree::sequence(const base::Span& at) {
  Tree node;
  node.kind = Kind::Sequence;
  node.span = at;
  return node;
}

Tree Tree::mapping(const base::Span& at) {
  Tree node;
  node.kind = Kind::Mapping;
  node.span = at;
  return node;
}

std::string scalar_text(const Tree& node) {
  switch (node.kind) {
    case Kind::Bool: return node.bool_value ? "true" : "false";
    case Kind::Int: return std::to_string(node.int_value);
    case Kind::Float: {
      // an integer that only fits 64 bits without a sign is kept as written
      const bool digits = node.text.find_first_not_of("0123456789") == std::string::npos;
      const bool fits = node.float_value >= 9.2e18 && node.float_value < 18446744073709551616.0;
      return digits && fits && !node.text.empty() ? node.text : float_text(node.float_value);
    }
    case Kind::Timestamp: return timestamp_text(node.text);
    case Kind::String: return node.text;
    default: return {};
  }
}

bool same_data(const Tree& a, const Tree& b) {
  if (a.kind != b.kind) return false;
  if (a.is_sequence()) return std::ranges::equal(a.items, b.items, same_data);
  if (!a.is_mapping()) return scalar_text(a) == scalar_text(b);
  if (a.entries.size() != b.entries.size()) return false;
  return std::ranges::all_of(a.entries, [&](const Entry& entry) {
    const Tree* other = b.find(entry.key);
    return other != nullptr && same_data(entry.value, *other);
  });
}

}  // namespace compose::load
