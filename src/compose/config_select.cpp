// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "base/suggest.h"
#include "compose/config.h"
#include "compose/config_text.h"
#include "compose/load/list_references.h"

namespace compose::config {
namespace {

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

std::vector<std::string> sorted_unique(std::vector<std::string> names) {
  std::ranges::sort(names);
  const auto rest = std::ranges::unique(names);
  names.erase(rest.begin(), rest.end());
  return names;
}

std::vector<std::string> keys_in(const load::Tree& tree, std::string_view section) {
  std::vector<std::string> keys;
  const load::Tree* found = tree.find(section);
  if (found == nullptr) return keys;
  for (const load::Entry& entry : found->entries) keys.push_back(entry.key);
  return sorted_unique(std::move(keys));
}

/// `attribute` of every entry of a section that has it; `otherwise` stands for one without.
template <class Otherwise>
std::vector<std::string> texts_in(const load::Tree& tree, std::string_view section,
                                  std::string_view attribute, Otherwise otherwise) {
  std::vector<std::string> texts;
  for (const std::string& key : keys_in(tree, section)) {
    const std::string_view text = tree.find(section)->find(key)->text_of(attribute);
    texts.push_back(text.empty() ? otherwise(key) : std::string(text));
  }
  return texts;
}

}  // namespace

std::vector<std::string> select(const load::Loaded& loaded, Selector selector, char separator) {
  const load::Tree& tree = loaded.tree;
  const auto built_image = [&](const std::string& key) {
    return fmt::format("{}{}{}", loaded.project.name, separator, key);
  };
  switch (selector) {
    case Selector::Services: return keys_in(tree, "services");
    case Selector::Volumes: return keys_in(tree, "volumes");
    case Selector::Networks: return keys_in(tree, "networks");
    case Selector::Models: return sorted_unique(texts_in(tree, "models", "model", std::identity()));
    case Selector::Profiles: return loaded.project.profiles;
    case Selector::Images: return texts_in(tree, "services", "image", built_image);
  }
  return {};
}

base::Result<std::vector<std::pair<std::string, std::string>>> service_hashes(
    const load::Loaded& loaded, const std::vector<std::string>& services) {
  std::vector<std::pair<std::string, std::string>> hashes;
  const bool all = services.empty() || services == std::vector<std::string>{"*"};
  for (const std::string& name : sorted_unique(all ? keys_of(loaded.project.services) : services)) {
    const auto found = loaded.project.services.find(name);
    if (found == loaded.project.services.end()) {
      const std::string near = base::nearest_name(name, keys_of(loaded.project.services));
      return base::fail(
          base::make_error(base::ErrorClass::NotFound, fmt::format("no such service: {}", name))
              .with_hint(near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", near)));
    }
    hashes.emplace_back(name, found->second.config_hash);
  }
  return hashes;
}

std::vector<std::string> environment_lines(const load::Loaded& loaded) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : loaded.project.environment) lines.push_back(name + "=" + value);
  return lines;
}

base::Result<std::vector<Variable>> list_variables(const load::LoadOptions& options,
                                                   const load::FileSource& files) {
  std::map<std::string, Variable> found;
  for (const load::VariableReference& reference : TRY(load::list_references(options, files))) {
    Variable& variable = found[reference.name];
    variable.name = reference.name;
    if (reference.operation == '?') variable.required = true;
    if (reference.operation == '-' && variable.default_value.empty()) variable.default_value = reference.word;
    if (reference.operation == '+' && variable.alternate_value.empty())
      variable.alternate_value = reference.word;
  }
  std::vector<Variable> variables;
  for (auto& [name, variable] : found) variables.push_back(std::move(variable));
  return variables;
}

std::string to_text(const std::vector<Variable>& variables, VariableFormat format) {
  load::Tree root = load::Tree::mapping();
  if (format == VariableFormat::Table) {
    std::size_t width = 4, values = 13;
    for (const Variable& one : variables) {
      width = std::max(width, one.name.size());
      values = std::max(values, one.default_value.size());
    }
    std::string out = fmt::format("{:<{}}   {:<8}   {:<{}}   {}\n", "NAME", width, "REQUIRED",
                                  "DEFAULT VALUE", values, "ALTERNATE VALUE");
    for (const Variable& one : variables) {
      out += fmt::format("{:<{}}   {:<8}   {:<{}}   {}\n", one.name, width, one.required, one.default_value,
                         values, one.alternate_value);
    }
    return out;
  }
  // the names that docker compose gives them in either format
  const bool json = format == VariableFormat::Json;
  for (const Variable& one : variables) {
    load::Tree& value = root.set(one.name, load::Tree::mapping());
    value.set(json ? "Name" : "name", load::Tree::string(one.name));
    value.set(json ? "DefaultValue" : "defaultvalue", load::Tree::string(one.default_value));
    value.set(json ? "PresenceValue" : "presencevalue", load::Tree::string(one.alternate_value));
    value.set(json ? "Required" : "required", load::Tree::boolean(one.required));
  }
  return format == VariableFormat::Json ? to_json(root, Dollars::Keep) : to_yaml(root, Dollars::Keep);
}

load::Tree image_lock(const load::Tree& tree, const std::map<std::string, std::string>& pins) {
  load::Tree root = load::Tree::mapping();
  load::Tree& services = root.set("services", load::Tree::mapping());
  if (const load::Tree* from = tree.find("services")) {
    for (const load::Entry& entry : from->entries) {
      const auto pin = pins.find(std::string(entry.value.text_of("image")));
      if (pin == pins.end()) continue;
      services.set(entry.key, load::Tree::mapping()).set("image", load::Tree::string(pin->second));
    }
  }
  return root;
}

void pin_images(load::Tree& tree, const std::map<std::string, std::string>& pins) {
  load::Tree* services = tree.find("services");
  if (services == nullptr) return;
  for (load::Entry& entry : services->entries) {
    const auto pin = pins.find(std::string(entry.value.text_of("image")));
    if (pin != pins.end()) entry.value.set("image", load::Tree::string(pin->second));
  }
}

}  // namespace compose::config
