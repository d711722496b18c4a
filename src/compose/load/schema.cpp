// SPDX-License-Identifier: Apache-2.0
#include "compose/load/schema.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include <fmt/format.h>

#include "base/suggest.h"
#include "compose/load/load.h"
#include "compose/load/schema_patterns.h"
#include "compose/load/schema_tables.h"

extern "C" {
extern const char compose_schema_text[];
extern const unsigned long compose_schema_text_size;
}

namespace compose::load {
namespace {

namespace tables = schema_tables;
using tables::Node;

const Node& node_at(int index) { return tables::kNodes[index]; }

std::span<const tables::Property> properties_of(const Node& node) {
  return {tables::kProperties + node.properties.first, static_cast<std::size_t>(node.properties.count)};
}
std::span<const std::string_view> texts_at(tables::Range range) {
  return {tables::kTexts + range.first, static_cast<std::size_t>(range.count)};
}
std::span<const short> alternatives_of(const Node& node) {
  return {tables::kAlternatives + node.alternatives.first, static_cast<std::size_t>(node.alternatives.count)};
}

/// The types a value counts as.
int types_of(const Tree& tree) {
  switch (tree.kind) {
    case Kind::Null: return tables::kNull;
    case Kind::Bool: return tables::kBoolean;
    case Kind::Int: return tables::kInteger | tables::kNumber;
    case Kind::Float:
      return tables::kNumber | (tree.float_value == std::floor(tree.float_value) ? tables::kInteger : 0);
    case Kind::String: return tables::kString;
    case Kind::Timestamp: return 0;
    case Kind::Sequence: return tables::kArray;
    case Kind::Mapping: return tables::kObject;
  }
  return 0;
}

int accepted_types(const Node& node) {
  int types = node.types;
  for (const short alternative : alternatives_of(node)) types |= accepted_types(node_at(alternative));
  return types;
}

bool has_list_of_mappings(const Node& node) {
  if (node.items >= 0 && (accepted_types(node_at(node.items)) & tables::kObject) != 0) return true;
  return std::ranges::any_of(alternatives_of(node),
                             [](short alternative) { return has_list_of_mappings(node_at(alternative)); });
}

std::string type_names(int types) {
  std::vector<std::string_view> names;
  if (types & tables::kObject) names.push_back("a mapping");
  if (types & tables::kArray) names.push_back("a list");
  if (types & tables::kString) names.push_back("a string");
  if (types & tables::kNumber)
    names.push_back("a number");
  else if (types & tables::kInteger)
    names.push_back("an integer");
  if (types & tables::kBoolean) names.push_back("a boolean");
  if (types & tables::kNull && names.empty()) names.push_back("null");
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

const tables::Property* find_property(const Node& node, std::string_view name) {
  const auto properties = properties_of(node);
  const auto found = std::ranges::lower_bound(properties, name, {}, &tables::Property::name);
  return found != properties.end() && found->name == name ? &*found : nullptr;
}

/// Names of older files and of other tools, with what they are called here.
std::string synonym(std::string_view name, const Node& node) {
  constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {
      {"cmd", "command"},           {"cpu", "cpus"},         {"destination", "target"},
      {"dockerfile", "build"},      {"dst", "target"},       {"env", "environment"},
      {"log_driver", "logging"},    {"log_opt", "logging"},  {"mem", "memory"},
      {"memory", "mem_limit"},      {"net", "network_mode"}, {"src", "source"},
      {"volume_driver", "volumes"},
  };
  for (const auto& [other, here] : kSynonyms) {
    if (other == name && find_property(node, here) != nullptr) return std::string(here);
  }
  return {};
}

class Validator {
 public:
  explicit Validator(const LoadContext& context) : context_(context) {}

  void check(const Tree& tree, int index, const Path& path) {
    const Node& node = node_at(index);
    const int types = types_of(tree);
    if (node.alternatives.count != 0) return check_alternatives(tree, node, types, path);
    if (node.types != 0 && (node.types & types) == 0) return wrong_type(tree, node, path);
    if (tree.is_string()) return check_text(tree, node, path);
    if (tree.is_mapping()) return check_mapping(tree, node, path);
    if (tree.is_sequence()) return check_sequence(tree, node, path);
    if (node.has_range) check_range(tree, node, path);
  }

 private:
  void check_alternatives(const Tree& tree, const Node& node, int types, const Path& path) {
    for (const short alternative : alternatives_of(node)) {
      if (accepted_types(node_at(alternative)) & types) return check(tree, alternative, path);
    }
    wrong_type(tree, node, path);
  }

  static std::string wrong_type_hint(const Tree& tree, const Node& node, int types, const Path& path) {
    const bool other_scalars = types & (tables::kBoolean | tables::kInteger | tables::kNumber);
    const bool is_date = tree.kind == Kind::Timestamp;
    const bool is_service = path.parent != nullptr && path.parent->key == "services";
    if (tree.kind == Kind::Bool && path.key == "restart") return "write \"no\", in quotes, or always";
    if (tree.is_scalar() && !tree.is_null() && types & tables::kString && (!other_scalars || is_date))
      return fmt::format("put it in quotes: \"{}\"", tree.text);
    if (is_service && tree.is_scalar()) return "give the service at least an image or a build section";
    if (tree.is_null()) return "give it a value, or remove it";
    if (tree.is_mapping() && !(types & tables::kObject) && has_list_of_mappings(node))
      return "write it as an item of a list, with - in front";
    if (tree.is_mapping() && path.index >= 0 && types & tables::kString)
      return "put it in quotes if it is text, or write name=value: a colon and a blank make a mapping";
    if (tree.is_sequence() && types & tables::kObject && !(types & tables::kArray))
      return "write `name: value` entries, without - in front";
    const bool is_one_item = tree.is_scalar() && types & tables::kArray && !(types & tables::kString);
    return is_one_item ? fmt::format("write a list: [\"{}\"]", tree.text) : std::string();
  }

  void wrong_type(const Tree& tree, const Node& node, const Path& path) {
    const int types = accepted_types(node);
    context_.error(path, tree, fmt::format("must be {}, not {}", type_names(types), to_text(tree.kind)),
                   wrong_type_hint(tree, node, types, path));
  }

  void check_text(const Tree& tree, const Node& node, const Path& path) {
    const auto values = texts_at(node.values);
    if (!values.empty() && std::ranges::find(values, tree.text) == values.end()) {
      const std::string near = base::nearest_name(tree.text, values);
      std::string list;
      for (const std::string_view value : values) list += (list.empty() ? "" : ", ") + std::string(value);
      context_.error(path, tree, fmt::format("\"{}\" is not one of {}", tree.text, list),
                     near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", near));
    }
    if (node.pattern != tables::Pattern::None && !matches(node.pattern, tree.text)) {
      context_.error(path, tree, fmt::format("\"{}\" is not {}", tree.text, describe(node.pattern)));
    }
  }

  void check_range(const Tree& tree, const Node& node, const Path& path) {
    const double value = tree.kind == Kind::Int ? static_cast<double>(tree.int_value) : tree.float_value;
    if (value >= node.least && value <= node.most) return;
    context_.error(path, tree,
                   node.most > 1e200
                       ? fmt::format("{} is less than {}", tree.text, node.least)
                       : fmt::format("{} is out of range ({} to {})", tree.text, node.least, node.most));
  }

  void check_mapping(const Tree& tree, const Node& node, const Path& path) {
    for (const Entry& entry : tree.entries) {
      if (entry.key.empty()) {
        context_.error(path, entry.key_span, "a name is empty", "give it a name, or remove the entry");
        continue;
      }
      const Path here = path.child(entry.key);
      if (const tables::Property* property = find_property(node, entry.key)) {
        check(entry.value, property->node, here);
      } else if (node.extensions && entry.key.starts_with("x-")) {
        continue;
      } else if (node.pattern_values >= 0 && matches(node.key_pattern, entry.key)) {
        check(entry.value, node.pattern_values, here);
      } else if (node.additional >= 0) {
        check(entry.value, node.additional, here);
      } else if (node.additional == tables::kForbidden) {
        unknown_key(entry, node, path);
      }
    }
    for (const std::string_view name : texts_at(node.required)) {
      if (tree.find(name) != nullptr) continue;
      context_.error(path, tree, fmt::format("the attribute \"{}\" is missing", name),
                     missing_hint(node, name));
    }
  }

  /// What the missing attribute may be, when that is a short list.
  static std::string missing_hint(const Node& node, std::string_view name) {
    const tables::Property* property = find_property(node, name);
    if (property == nullptr) return {};
    std::string list;
    for (const std::string_view value : texts_at(node_at(property->node).values))
      list += (list.empty() ? "" : ", ") + std::string(value);
    return list.empty() ? list : fmt::format("it is one of {}", list);
  }

  void unknown_key(const Entry& entry, const Node& node, const Path& path) {
    if (node.pattern_values >= 0) {
      return context_.error(path, entry.key_span,
                            fmt::format("\"{}\" is not {}", entry.key, describe(node.key_pattern)));
    }
    std::vector<std::string_view> names;
    for (const tables::Property& property : properties_of(node)) names.push_back(property.name);
    std::string near = synonym(entry.key, node);
    if (near.empty()) near = base::nearest_name(entry.key, names);
    std::string hint = near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", near);
    const bool looks_like_service =
        entry.value.find("image") != nullptr || entry.value.find("build") != nullptr;
    if (path.parent != nullptr && path.parent->key == "secrets" && entry.key == "content")
      hint = "only configs have it: use file or environment";
    if (path.parent == nullptr && looks_like_service) hint = "services stand under the top-level `services`";
    context_.error(path, entry.key_span, fmt::format("unknown attribute \"{}\"", entry.key), std::move(hint));
  }

  void check_sequence(const Tree& tree, const Node& node, const Path& path) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < tree.items.size(); ++i) {
      const Tree& item = tree.items[i];
      if (node.items >= 0) check(item, node.items, path.item(i));
      if (!node.unique || !item.is_scalar()) continue;
      const char kind = item.is_string() ? 's' : 'v';
      if (!seen.insert(kind + scalar_text(item)).second) {
        context_.error(path.item(i), item.span,
                       fmt::format("\"{}\" stands in the list twice", scalar_text(item)),
                       "remove one of the two");
      }
    }
  }

  const LoadContext& context_;
};

}  // namespace

void validate_schema(const Tree& root, const LoadContext& context) {
  Validator(context).check(root, tables::kRoot, Path{});
}

void validate_include(const Tree& item, const Path& path, const LoadContext& context) {
  const tables::Property* include = find_property(node_at(tables::kRoot), "include");
  Validator(context).check(item, node_at(include->node).items, path);
}

void validate_extends(const Tree& extends, const Path& path, const LoadContext& context) {
  const Node& services = node_at(find_property(node_at(tables::kRoot), "services")->node);
  const Node& service = node_at(services.pattern_values);
  Validator(context).check(extends, find_property(service, "extends")->node, path);
}

std::vector<std::string_view> schema_attributes(const std::vector<std::string_view>& path) {
  int index = tables::kRoot;
  const auto into_mapping = [](int at) {
    for (const short alternative : alternatives_of(node_at(at))) {
      if (accepted_types(node_at(alternative)) & (tables::kObject | tables::kArray)) at = alternative;
    }
    return at;
  };
  for (const std::string_view key : path) {
    const Node& node = node_at(into_mapping(index));
    const tables::Property* property = find_property(node, key);
    if (property != nullptr)
      index = property->node;
    else if (node.items >= 0)
      index = node.items;
    else if (node.pattern_values >= 0)
      index = node.pattern_values;
    else if (node.additional >= 0)
      index = node.additional;
    else
      return {};
  }
  std::vector<std::string_view> names;
  for (const tables::Property& property : properties_of(node_at(into_mapping(index))))
    names.push_back(property.name);
  return names;
}

std::string_view compose_schema() { return {compose_schema_text, compose_schema_text_size}; }

}  // namespace compose::load
