// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/split.h"
#include "base/suggest.h"
#include "compose/config.h"
#include "compose/config_text.h"
#include "compose/load/source_set.h"

namespace compose::config {
namespace {

using load::Entry;
using load::Provenance;
using load::Tree;
using load::VariableUse;

/// A node on the way down, for "which names are there?" when the next step fails.
struct Found {
  const Tree* node = nullptr;
  std::string path;
  const Provenance* provenance = nullptr;  ///< Of the node, or of the short form it is a part of.

  /// The child `to`. What stands at the same place came about in the same way.
  void step(const Tree& to, std::string to_path) {
    const base::Span &here = node->span, &there = to.span;
    const bool same_place =
        here.source == there.source && here.line == there.line && here.column == there.column;
    provenance = to.provenance == nullptr && same_place ? provenance : to.provenance;
    node = &to;
    path = std::move(to_path);
  }
};

/// Takes the key of `map` that `rest` begins with: the longest, as names may hold dots.
const Entry* take_key(const Tree& map, std::string_view& rest) {
  const Entry* best = nullptr;
  for (const Entry& entry : map.entries) {
    if (!rest.starts_with(entry.key) || (best != nullptr && best->key.size() >= entry.key.size())) continue;
    const std::string_view after = rest.substr(entry.key.size());
    if (after.empty() || after[0] == '.' || after[0] == '[') best = &entry;
  }
  if (best != nullptr) rest.remove_prefix(best->key.size());
  return best;
}

/// Takes "[3]" or "3".
std::optional<std::size_t> take_index(std::string_view& rest) {
  const bool bracket = rest.starts_with('[');
  if (bracket) rest.remove_prefix(1);
  std::size_t index = 0;
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), index);
  if (parsed.ec != std::errc{}) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(parsed.ptr - rest.data()));
  if (bracket && !rest.starts_with(']')) return std::nullopt;
  if (bracket) rest.remove_prefix(1);
  return index;
}

base::Result<Found> find_path(const Tree& root, std::string_view path) {
  Found at{&root, "", nullptr};
  std::string_view rest = path;
  while (!rest.empty()) {
    if (rest.starts_with('.')) rest.remove_prefix(1);
    const std::string_view before = rest;
    if (at.node->is_sequence()) {
      const auto index = take_index(rest);
      if (index && *index < at.node->items.size()) {
        at.step(at.node->items[*index], fmt::format("{}[{}]", at.path, *index));
        continue;
      }
    } else if (const Entry* entry = take_key(*at.node, rest)) {
      at.step(entry->value, at.path.empty() ? entry->key : at.path + "." + entry->key);
      continue;
    }
    if (at.node->is_sequence()) {
      return base::fail(base::ErrorClass::NotFound,
                        fmt::format("{} has {} items and no \"{}\"", at.path, at.node->items.size(), before));
    }
    std::vector<std::string> names;
    for (const Entry& entry : at.node->entries) names.push_back(entry.key);
    const std::string_view step = before.substr(0, before.find_first_of(".["));
    const std::string near = base::nearest_name(step, names);
    const std::string where = at.path.empty() ? "the project" : at.path;
    return base::fail(
        base::make_error(base::ErrorClass::NotFound, fmt::format("{} has no \"{}\"", where, step))
            .with_hint(near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", near)));
  }
  return at;
}

std::string place(const base::Span& span) {
  return fmt::format("{}:{}:{}", span.source->name, span.line, span.column);
}

std::string excerpt(const base::Span& span) {
  const std::string number = fmt::format("{:>5}", span.line);
  const std::size_t column = span.column == 0 ? 0 : span.column - 1;
  return fmt::format("{} | {}\n{} | {}^{}\n", number, span.source->line(span.line), std::string(5, ' '),
                     std::string(column, ' '), std::string(span.length > 0 ? span.length - 1 : 0, '~'));
}

std::string describe(const VariableUse& use) {
  switch (use.outcome) {
    case VariableUse::Outcome::Value: return fmt::format("  {} comes from {}\n", use.name, use.origin);
    case VariableUse::Outcome::Default:
      return fmt::format("  {} is not set: its default is used\n", use.name);
    case VariableUse::Outcome::Alternate:
      return fmt::format("  {} is set in {}: the alternate value is used\n", use.name, use.origin);
    case VariableUse::Outcome::Unset:
      return fmt::format("  {} is not set: nothing is put in its place\n", use.name);
  }
  return {};
}

std::string describe(const Provenance& provenance) {
  std::string out;
  if (!provenance.note.empty()) out += fmt::format("  {}\n", provenance.note);
  if (!provenance.written.empty()) out += fmt::format("  written as {}\n", json_string(provenance.written));
  for (const VariableUse& use : provenance.variables) out += describe(use);
  if (provenance.replaced.source != nullptr) {
    out += fmt::format("  replaces the value at {}\n", place(provenance.replaced));
  }
  if (provenance.earlier != nullptr) out += describe(*provenance.earlier);
  return out;
}

/// The files that a list or mapping was put together from, when there are several.
std::string describe_parts(const Tree& node) {
  std::vector<const base::Source*> files;
  std::vector<std::string> places;
  const auto add = [&](const base::Span& span) {
    if (span.source == nullptr || std::ranges::find(files, span.source) != files.end()) return;
    files.push_back(span.source);
    places.push_back(fmt::format("{}:{}", span.source->name, span.line));
  };
  for (const Entry& entry : node.entries) add(entry.value.span);
  for (const Tree& item : node.items) add(item.span);
  return places.size() < 2 ? std::string() : fmt::format("  parts come from {}\n", base::join(places, ", "));
}

}  // namespace

base::Result<std::string> explain(const load::Loaded& loaded, std::string_view path) {
  const Found found = TRY(find_path(loaded.tree, path));
  const Tree& node = *found.node;
  std::string out = found.path + (node.is_scalar() ? " = " : ":\n");
  out += to_yaml(node, Dollars::Keep);
  if (node.span.source == nullptr && found.provenance == nullptr) {
    out += "  set by compose: no file says it\n";
  } else if (node.span.source == nullptr) {
    out += "  no file says it\n";
  } else {
    out += fmt::format("  at {}\n{}", place(node.span), excerpt(node.span));
  }
  out += describe_parts(node);
  if (found.provenance != nullptr) out += describe(*found.provenance);
  for (const std::string& line : loaded.sources->chain(node.span.source)) out += fmt::format("  {}\n", line);
  return out;
}

}  // namespace compose::config
